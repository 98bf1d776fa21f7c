package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// statementVectors is docs/vectors/statements.json.
type statementVectors struct {
	Keys []struct {
		Name   string
		Public string
	}
	Statements []struct {
		Bytes    string
		Digest   string
		Kind     string
		Leaf     string
		SignedBy []string `json:"signed_by"`
	}
}

// leafVectors is the clear part of docs/vectors/leaves.json.
type leafVectors struct {
	Clear []struct {
		Entry     string
		ChainHash string `json:"chain_hash"`
		LeafHash  string `json:"leaf_hash"`
	}
}

// checkVectors checks the vectors in docs/vectors: among them is a statement of every kind, also of
// those that a log does not show.
func checkVectors(folder string) error {
	if err := checkStatementVectors(filepath.Join(folder, "statements.json")); err != nil {
		return err
	}
	if err := checkLeafVectors(filepath.Join(folder, "leaves.json")); err != nil {
		return err
	}
	_, err := checkEvidenceFolder(nil, folder)
	return err
}

func checkStatementVectors(file string) error {
	var vectors statementVectors
	if err := readJSON(file, &vectors); err != nil {
		return err
	}
	var keys []note.Verifier
	for _, given := range vectors.Keys {
		key, err := verifier(given.Name, given.Public)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	kinds := map[string]bool{}
	for _, vector := range vectors.Statements {
		s, err := parseStatement([]byte(vector.Bytes))
		if err != nil {
			return err
		}
		if s.kind != vector.Kind || s.digest() != vector.Digest || clearKinds[s.kind] != (vector.Leaf == "clear") {
			return fmt.Errorf("%s: kind, digest or leaf is another", vector.Kind)
		}
		if s.signed {
			if _, err := s.open(keys...); err != nil {
				return err
			}
		}
		if names := s.signers(); len(names)+len(vector.SignedBy) > 0 && !reflect.DeepEqual(names, vector.SignedBy) {
			return fmt.Errorf("%s: signed by %v", vector.Kind, names)
		}
		kinds[s.kind] = true
	}
	for _, needed := range []map[string]bool{clearKinds, unsignedKinds} {
		for kind := range needed {
			if !kinds[kind] {
				return fmt.Errorf("%s: no vector of the kind %s", file, kind)
			}
		}
	}
	fmt.Printf("vectors: %d statements of %d kinds open\n", len(vectors.Statements), len(kinds))
	return nil
}

func checkLeafVectors(file string) error {
	var vectors leafVectors
	if err := readJSON(file, &vectors); err != nil {
		return err
	}
	if len(vectors.Clear) == 0 {
		return fmt.Errorf("%s holds no clear leaf", file)
	}
	for n, vector := range vectors.Clear {
		entry, err := hex.DecodeString(vector.Entry)
		if err != nil {
			return err
		}
		leaf, err := parseLeaf(entry)
		if err != nil {
			return err
		}
		chain, hash := sum("", entry), tlog.RecordHash(entry)
		if !leaf.clear || hex.EncodeToString(chain[:]) != vector.ChainHash || hex.EncodeToString(hash[:]) != vector.LeafHash {
			return fmt.Errorf("%s: the clear leaf %d has other hashes", file, n)
		}
	}
	fmt.Printf("vectors: %d clear leaf entries have the hashes written down\n", len(vectors.Clear))
	return nil
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}
