package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// maxEvidence is the greatest length of an evidence file (FORMATS, section 7).
const maxEvidence = 8 << 20

// evidence is a file of evidence while it is being checked.
type evidence struct {
	origin, from, id string
	checkpoint       []byte
	leaves           []shownLeaf
	letter           []byte
	details          []shownDetail

	log       *openedLog
	directory *directory
	size      int64
	root      tlog.Hash
	records   map[int64]*statement
	envelope  *statement
}

type shownLeaf struct {
	index  int64
	clear  bool
	entry  []byte
	record []byte
	proof  tlog.RecordProof
}

type shownDetail struct {
	index   int64
	salt    []byte
	content []byte
}

// checked is what an evidence file was found to hold.
type checked struct {
	clear, private int
	size           int64
	names          []string
}

// checkEvidence checks a file as section 7 says, and where a log is given, that every checkpoint in
// it is of that log.
func checkEvidence(l *openedLog, content []byte) (*checked, error) {
	e, err := parseEvidence(content)
	if err != nil {
		return nil, err
	}
	e.log, e.directory, e.records = l, newDirectory(), map[int64]*statement{}
	if err := e.checkLeaves(); err != nil {
		return nil, err
	}
	result := &checked{size: e.size}
	for _, shown := range e.leaves {
		if shown.clear {
			result.clear++
		} else {
			result.private++
		}
	}
	result.names, err = e.checkTexts()
	return result, err
}

func parseEvidence(content []byte) (*evidence, error) {
	if len(content) > maxEvidence {
		return nil, errors.New("the file is too long")
	}
	at := bytes.LastIndex(content, []byte("\nchecksum "))
	if at < 0 || string(content[at+1:]) != fmt.Sprintf("checksum %x\n", sum("", content[:at+1])) {
		return nil, errors.New("the checksum does not fit: the file is damaged")
	}
	rows := strings.Split(string(content[:at]), "\n")
	if len(rows) < 4 || rows[0] != "tsumugu/v1/evidence" {
		return nil, errors.New("not a file of evidence")
	}
	e := &evidence{}
	for _, row := range rows[1:] {
		if err := e.take(strings.Split(row, " ")); err != nil {
			return nil, fmt.Errorf("%w in the line %.60q", err, row)
		}
	}
	if e.origin == "" || e.id == "" || e.checkpoint == nil {
		return nil, errors.New("origin, message or checkpoint is missing")
	}
	return e, nil
}

// take reads one line. The order of lines is left to the exchange's own reader.
func (e *evidence) take(words []string) error {
	r := reader{words: words[1:]}
	switch words[0] {
	case "origin":
		e.origin = r.next()
	case "message":
		e.from, e.id = r.next(), r.next()
	case "checkpoint":
		e.checkpoint = r.base64()
	case "clear":
		index, time, number := r.number(), r.number(), r.number()
		var previous [32]byte
		copy(previous[:], r.hash())
		record := r.base64()
		entry := encodeClear(time, number, previous, record)
		e.leaves = append(e.leaves, shownLeaf{int64(index), true, entry, record, r.proof()})
	case "private":
		index, time, number, head := r.number(), r.number(), r.number(), r.hash()
		salt, record := r.hash(), r.base64()
		entry := encodePrivate(time, number, head, salt, record)
		e.leaves = append(e.leaves, shownLeaf{int64(index), false, entry, record, r.proof()})
	case "letter":
		e.letter = r.base64()
	case "detail":
		e.details = append(e.details, shownDetail{int64(r.number()), r.hash(), r.base64()})
	default:
		return errors.New("an unknown name")
	}
	return r.end()
}

// checkLeaves proves each leaf under the checkpoint, and reads the statements in log order.
func (e *evidence) checkLeaves() error {
	sort.SliceStable(e.leaves, func(i, j int) bool { return e.leaves[i].index < e.leaves[j].index })
	for _, shown := range e.leaves {
		s, err := parseStatement(shown.record)
		if err == nil {
			err = e.directory.acceptLeaf(s, shown.clear)
		}
		if err != nil {
			return fmt.Errorf("leaf %d: %w", shown.index, err)
		}
		e.records[shown.index] = s
		if s.kind == "envelope" && s.one("from") == e.from && s.one("id") == e.id {
			e.envelope = s
		}
	}
	if e.directory.origin != e.origin || e.log != nil && !e.log.directory.lists[e.directory.listDigest] {
		return errors.New("the trust lists shown are not those of the log")
	}
	var err error
	if e.size, e.root, err = openCheckpoint(e.checkpoint, e.directory); err != nil {
		return err
	}
	if err := e.log.holds(e.size, e.root); err != nil {
		return err
	}
	for _, shown := range e.leaves {
		if shown.index >= e.size {
			return fmt.Errorf("leaf %d is beyond the checkpoint", shown.index)
		}
		if err := tlog.CheckRecord(shown.proof, e.size, e.root, shown.index, tlog.RecordHash(shown.entry)); err != nil {
			return fmt.Errorf("leaf %d: %w", shown.index, err)
		}
	}
	if e.envelope == nil {
		return errors.New("the envelope is not shown")
	}
	return e.checkAbout()
}

// checkAbout: what is said of the message names this envelope and this content.
func (e *evidence) checkAbout() error {
	for index, s := range e.records {
		switch s.kind {
		case "fetched", "undelivered", "destroyed", "opened", "disposition", "recall":
		default:
			continue
		}
		content := s.one("content")
		if s.one("from") != e.from || s.one("id") != e.id || s.one("envelope") != e.envelope.digest() ||
			content != "" && content != e.envelope.one("content") {
			return fmt.Errorf("leaf %d: %s is about another message", index, s.kind)
		}
		if by := s.one("by"); by != "" && by != part(e.envelope.one("to"), 0) {
			return fmt.Errorf("leaf %d: %s is not by the recipient", index, s.kind)
		}
	}
	return nil
}

// reader takes the words of a line one by one, and remembers the first that is wrong.
type reader struct {
	words []string
	err   error
}

func (r *reader) next() string {
	if len(r.words) == 0 {
		r.fail("a value is missing")
		return ""
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

func (r *reader) number() uint64 {
	word := r.next()
	value, err := strconv.ParseUint(word, 10, 63)
	if err != nil || strconv.FormatUint(value, 10) != word {
		r.fail("not a number")
	}
	return value
}

func (r *reader) hash() []byte {
	word := r.next()
	value, err := hex.DecodeString(word)
	if err != nil || len(value) != 32 || strings.ToLower(word) != word {
		r.fail("not 32 bytes in hex")
	}
	return value
}

func (r *reader) base64() []byte {
	value, err := base64.StdEncoding.Strict().DecodeString(r.next())
	if err != nil {
		r.fail("not base64")
	}
	return value
}

func (r *reader) proof() tlog.RecordProof {
	if len(r.words) == 1 && r.words[0] == "-" {
		r.next()
		return nil
	}
	joined := r.base64()
	if len(joined)%tlog.HashSize != 0 {
		r.fail("not a proof")
		return nil
	}
	proof := make(tlog.RecordProof, len(joined)/tlog.HashSize)
	for i := range proof {
		copy(proof[i][:], joined[i*tlog.HashSize:])
	}
	return proof
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New(what)
	}
}

func (r *reader) end() error {
	if len(r.words) > 0 {
		r.fail("a value too many")
	}
	return r.err
}
