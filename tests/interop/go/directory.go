package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// directory holds the keys that the statements read so far give, in log order (FORMATS, section
// 2.2). It checks who signed; names, versions and the other rules are the exchange's own tests.
type directory struct {
	origin         string
	version        int
	listDigest     string          // of the newest trust list
	lists          map[string]bool // digests of all of them
	threshold      int
	administrators []note.Verifier
	logKeys        []note.Verifier
	institutions   map[string]note.Verifier
	terminals      map[string]*holder
	workers        map[string]*holder // by statement digest: a worker may be at several terminals
}

// holder is a terminal or worker: its institution, its key and whether it was removed.
type holder struct {
	id          string
	institution string
	key         note.Verifier
	removed     bool
	statement   *statement
}

func newDirectory() *directory {
	return &directory{
		lists:        map[string]bool{},
		institutions: map[string]note.Verifier{},
		terminals:    map[string]*holder{},
		workers:      map[string]*holder{},
	}
}

// acceptLeaf accepts the statement of a leaf, clear or private, as its kind demands.
func (d *directory) acceptLeaf(s *statement, clear bool) error {
	if clear != clearKinds[s.kind] {
		return fmt.Errorf("%s: in a leaf where clear is %t", s.kind, clear)
	}
	return d.accept(s)
}

// accept checks the signatures of the next statement and takes what it says.
func (d *directory) accept(s *statement) error {
	if d.version > 0 && s.origin != d.origin {
		return fmt.Errorf("%s: a statement of another log: %s", s.kind, s.origin)
	}
	switch s.kind {
	case "trust-list":
		return d.acceptTrustList(s)
	case "institution":
		return d.acceptInstitution(s)
	case "standing", "catalogue":
		return d.byThreshold(s)
	case "profile", "key-set":
		return d.byInstitution(s)
	case "terminal":
		return d.acceptTerminal(s)
	case "terminal-removed":
		return d.acceptRemoval(s)
	case "worker":
		return d.acceptWorker(s)
	case "worker-removed":
		return d.acceptWorkerRemoved(s)
	case "envelope", "recall":
		return d.byTerminalOf(s, s.one("from"))
	case "opened", "disposition":
		return d.byTerminalOf(s, s.one("by"))
	case "tick", "fetched", "undelivered", "destroyed":
		return nil
	}
	return errors.New("a statement that belongs to no rule: " + s.kind)
}

func (d *directory) acceptTrustList(s *statement) error {
	version, _ := strconv.Atoi(s.one("version"))
	threshold, _ := strconv.Atoi(s.one("threshold"))
	if version != d.version+1 || s.one("previous") != d.listDigest || threshold < 1 {
		return errors.New("a trust list that does not follow the one before")
	}
	if d.version == 0 {
		d.origin = s.origin
	}
	var next, logKeys []note.Verifier
	for _, value := range s.all("administrator") {
		key, err := d.key("administrator", part(value, 0), part(value, 1))
		if err != nil {
			return err
		}
		next = append(next, key)
	}
	for _, vkey := range s.all("log") {
		key, err := note.NewVerifier(vkey)
		if err != nil || key.Name() != s.origin {
			return fmt.Errorf("not a key of the log: %s", vkey)
		}
		logKeys = append(logKeys, key)
	}
	signatures, err := s.open(union(d.administrators, next)...)
	if err != nil {
		return err
	}
	if count(signatures, d.administrators) < d.threshold || count(signatures, next) < threshold || len(logKeys) == 0 {
		return errors.New("a trust list without enough signatures or without a log key")
	}
	d.version, d.threshold, d.listDigest = version, threshold, s.digest()
	d.administrators, d.logKeys, d.lists[d.listDigest] = next, logKeys, true
	return nil
}

func (d *directory) acceptInstitution(s *statement) error {
	if err := d.byThreshold(s); err != nil || s.one("key") == "" {
		return err
	}
	key, err := d.key("institution", s.one("institution"), s.one("key"))
	d.institutions[s.one("institution")] = key
	return err
}

func (d *directory) acceptTerminal(s *statement) error {
	if err := d.byInstitution(s); err != nil {
		return err
	}
	id := s.one("terminal")
	key, err := d.key("terminal", id, s.one("key"))
	if err != nil || d.terminals[id] != nil {
		return fmt.Errorf("the terminal %s cannot be admitted", id)
	}
	d.terminals[id] = &holder{id: id, institution: s.one("institution"), key: key, statement: s}
	return nil
}

func (d *directory) acceptRemoval(s *statement) error {
	check := d.byInstitution
	for _, name := range s.signers() {
		if strings.HasPrefix(name, d.origin+"/administrator/") {
			check = d.byThreshold
		}
	}
	if err := check(s); err != nil {
		return err
	}
	terminal := d.terminals[s.one("terminal")]
	if terminal == nil || terminal.institution != s.one("institution") {
		return errors.New("a removal of a terminal that is not there")
	}
	terminal.removed = true
	return nil
}

func (d *directory) acceptWorker(s *statement) error {
	if err := d.byInstitution(s); err != nil {
		return err
	}
	key, err := d.key("worker", s.one("worker"), s.one("key"))
	d.workers[s.digest()] = &holder{id: s.one("worker"), institution: s.one("institution"), key: key, statement: s}
	return err
}

func (d *directory) acceptWorkerRemoved(s *statement) error {
	if err := d.byInstitution(s); err != nil {
		return err
	}
	for _, worker := range d.workers {
		if worker.id == s.one("worker") && worker.institution == s.one("institution") {
			worker.removed = true
		}
	}
	return nil
}

// byThreshold: exactly as many administrators of the newest list as its threshold says.
func (d *directory) byThreshold(s *statement) error {
	signatures, err := s.open(d.administrators...)
	if err == nil && len(signatures) != d.threshold {
		err = fmt.Errorf("%s: %d signatures, the threshold is %d", s.kind, len(signatures), d.threshold)
	}
	return err
}

// byInstitution: the key of the institution's newest record, alone.
func (d *directory) byInstitution(s *statement) error {
	key := d.institutions[s.one("institution")]
	if key == nil {
		return fmt.Errorf("%s: of an institution that is no member", s.kind)
	}
	_, err := s.open(key)
	return err
}

// byTerminalOf: an admitted terminal of the institution, not removed, alone.
func (d *directory) byTerminalOf(s *statement, institution string) error {
	for _, name := range s.signers() {
		terminal := d.terminals[strings.TrimPrefix(name, d.origin+"/terminal/")]
		if terminal == nil || terminal.removed || terminal.institution != institution {
			return fmt.Errorf("%s: signed by %s, no terminal of %s", s.kind, name, institution)
		}
		if _, err := s.open(terminal.key); err != nil {
			return err
		}
	}
	return nil
}

func (d *directory) key(role, id, key string) (note.Verifier, error) {
	return verifier(d.origin+"/"+role+"/"+id, key)
}

// union has every key of both lists once: a note must not know a key twice.
func union(a, b []note.Verifier) []note.Verifier {
	out := append([]note.Verifier{}, b...)
	for _, key := range a {
		if !has(b, key.Name(), key.KeyHash()) {
			out = append(out, key)
		}
	}
	return out
}

// count says how many of the signatures are by these keys.
func count(signatures []note.Signature, keys []note.Verifier) int {
	n := 0
	for _, signature := range signatures {
		if has(keys, signature.Name, signature.Hash) {
			n++
		}
	}
	return n
}

func has(keys []note.Verifier, name string, hash uint32) bool {
	for _, key := range keys {
		if key.Name() == name && key.KeyHash() == hash {
			return true
		}
	}
	return false
}
