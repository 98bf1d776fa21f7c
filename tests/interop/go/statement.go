package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// maxStatement is the greatest length of a statement with its signatures (FORMATS, section 2).
const maxStatement = 16384

// statement is a parsed statement (FORMATS, section 2), its signatures not yet checked.
type statement struct {
	kind   string
	origin string
	text   string
	note   []byte // as it travels
	lines  []line
	signed bool
}

type line struct{ name, value string }

// unsignedKinds are the exchange's own word: they travel as bare text.
var unsignedKinds = map[string]bool{
	"tick": true, "invitation-ended": true, "fetched": true, "undelivered": true, "destroyed": true,
}

// clearKinds are the ones that anyone may read in the log; all others are private.
var clearKinds = map[string]bool{
	"trust-list": true, "institution": true, "standing": true, "catalogue": true, "profile": true,
	"key-set": true, "terminal": true, "terminal-removed": true, "tick": true,
}

func parseStatement(record []byte) (*statement, error) {
	if len(record) > maxStatement {
		return nil, errors.New("a statement is too long")
	}
	text, _, signed := strings.Cut(string(record), "\n\n")
	if signed {
		text += "\n"
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, errors.New("a statement does not end in a line feed")
	}
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(rows) < 2 || !strings.HasPrefix(rows[0], "tsumugu/v1/") {
		return nil, errors.New("not a statement")
	}
	s := &statement{
		kind: strings.TrimPrefix(rows[0], "tsumugu/v1/"), origin: rows[1],
		text: text, note: record, signed: signed,
	}
	for _, row := range rows[2:] {
		name, value, ok := strings.Cut(row, " ")
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%s: not a line: %q", s.kind, row)
		}
		s.lines = append(s.lines, line{name, value})
	}
	if signed == unsignedKinds[s.kind] {
		return nil, fmt.Errorf("%s: signed is %t", s.kind, signed)
	}
	return s, nil
}

// digest names a statement: SHA-256 of its text, without signatures.
func (s *statement) digest() string {
	sum := sha256.Sum256([]byte(s.text))
	return hex.EncodeToString(sum[:])
}

// all returns the values of a line that may be repeated, or absent.
func (s *statement) all(name string) []string {
	var values []string
	for _, l := range s.lines {
		if l.name == name {
			values = append(values, l.value)
		}
	}
	return values
}

// one returns the value of a line that is there once, or "".
func (s *statement) one(name string) string {
	if values := s.all(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// part returns the nth part of a value of several parts, or "".
func part(value string, n int) string {
	parts := strings.Split(value, " ")
	if n >= len(parts) {
		return ""
	}
	return parts[n]
}

// open checks the signatures with Go's own reader of signed notes: every line must be by one of
// the verifiers, distinct and sorted by key name. It returns the signatures.
func (s *statement) open(verifiers ...note.Verifier) ([]note.Signature, error) {
	opened, err := note.Open(s.note, note.VerifierList(verifiers...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.kind, err)
	}
	if opened.Text != s.text {
		return nil, fmt.Errorf("%s: the note's text ends elsewhere", s.kind)
	}
	var names []string
	for _, signature := range opened.Sigs {
		names = append(names, signature.Name)
	}
	lines := strings.Count(string(s.note[len(s.text):]), "\n— ")
	if len(opened.UnverifiedSigs) > 0 || len(names) != lines || !sort.StringsAreSorted(names) {
		return nil, fmt.Errorf("%s: signature lines that nobody asked for, or out of order", s.kind)
	}
	return opened.Sigs, nil
}

// signers returns the key names of the signature lines, unchecked.
func (s *statement) signers() []string {
	var names []string
	for _, row := range strings.Split(string(s.note[len(s.text):]), "\n") {
		if rest := strings.TrimPrefix(row, "— "); rest != row {
			names = append(names, part(rest, 0))
		}
	}
	return names
}

// verifier makes Go's verifier of an Ed25519 key that a statement gives in hex.
func verifier(name, key string) (note.Verifier, error) {
	public, err := hex.DecodeString(key)
	if err != nil || len(public) != 32 {
		return nil, fmt.Errorf("the key of %s is not 32 bytes in hex", name)
	}
	vkey, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(vkey)
}
