package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The lines of each statement that the author's header repeats, in order (FORMATS, section 4.2).
var headerLines = map[string][]string{
	"envelope":    {"id", "from", "to", "attachment", "urgency", "ack-by", "replaces", "composed"},
	"disposition": {"from", "id", "envelope", "content", "by", "answer", "answered", "previous"},
	"recall":      {"from", "id", "envelope", "recalled"},
}

// Field numbers of proto/tsumugu/v1/letter.proto and receipt.proto.
const (
	letterAuthor, letterNote, letterMaker     = 1, 2, 3
	authorWorker, detailWorker                = 6, 1
	makerSalt, makerCheckpoint                = 1, 2
	workerStatement, workerReceipt            = 1, 2
	workerCard, workerCardSalt                = 3, 4
	cardName                                  = 1
	receiptIndex, receiptTime, receiptPrivate = 1, 2, 4
	receiptProof, receiptCheckpoint           = 5, 6
	privateSalt, privateNumber, privateHead   = 1, 2, 3
)

// checkTexts checks what is shown of the letter and of the details that answer it: each against
// its commitment in the log, its author's signature, header, worker and card. It returns the
// workers' names.
func (e *evidence) checkTexts() ([]string, error) {
	var names []string
	if e.letter != nil {
		name, err := e.checkLetter()
		if err != nil {
			return nil, fmt.Errorf("letter: %w", err)
		}
		names = append(names, name)
	}
	for _, detail := range e.details {
		name, err := e.checkDetail(detail)
		if err != nil {
			return nil, fmt.Errorf("detail of leaf %d: %w", detail.index, err)
		}
		names = append(names, name)
	}
	return names, nil
}

func (e *evidence) checkLetter() (string, error) {
	letter, err := parseMessage(e.letter)
	if err != nil {
		return "", err
	}
	maker, err := letter.child(letterMaker)
	if err != nil {
		return "", err
	}
	content := sum("tsumugu/v1/content\x00", maker.one(makerSalt), e.letter)
	if hex.EncodeToString(content[:]) != e.envelope.one("content") {
		return "", errors.New("it is not what the envelope commits to")
	}
	if err := e.checkOlder(maker.one(makerCheckpoint)); err != nil {
		return "", err
	}
	return e.checkAuthor(letter, authorWorker, e.envelope, e.from)
}

func (e *evidence) checkDetail(shown shownDetail) (string, error) {
	about := e.records[shown.index]
	if about == nil {
		return "", errors.New("its leaf is not shown")
	}
	commitment := sum("tsumugu/v1/detail\x00", shown.salt, shown.content)
	if part(about.one("detail"), 0) != hex.EncodeToString(commitment[:]) {
		return "", errors.New("it is not what the leaf commits to")
	}
	detail, err := parseMessage(shown.content)
	if err != nil {
		return "", err
	}
	speaker := about.one("by")
	if speaker == "" {
		speaker = about.one("from")
	}
	return e.checkAuthor(detail, detailWorker, about, speaker)
}

// checkAuthor checks a text's author note and worker, and returns the worker's name. Letters and
// details have author and author note in the same fields.
func (e *evidence) checkAuthor(text *message, field uint64, about *statement, institution string) (string, error) {
	author, err := text.child(letterAuthor)
	if err != nil {
		return "", err
	}
	shown, err := author.child(field)
	if err != nil {
		return "", err
	}
	admission, err := parseStatement(shown.one(workerStatement))
	if err != nil {
		return "", err
	}
	// The worker's admission is a private leaf: shown here, or proved by the receipt beside it.
	if err := e.checkReceipt(shown, admission); err != nil {
		return "", err
	}
	if admission.kind == "worker" && e.directory.workers[admission.digest()] == nil {
		if err := e.directory.acceptWorker(admission); err != nil {
			return "", err
		}
	}
	worker := e.directory.workers[admission.digest()]
	if worker == nil || worker.institution != institution {
		return "", errors.New("the institution has no such worker")
	}
	signed, err := parseStatement(text.one(letterNote))
	if err != nil {
		return "", err
	}
	if _, err := signed.open(worker.key); err != nil {
		return "", err
	}
	digest := sum("tsumugu/v1/author\x00", text.one(letterAuthor))
	if signed.kind != "author" || signed.one("header") != e.header(about) || signed.one("author") != hex.EncodeToString(digest[:]) {
		return "", errors.New("the worker signed something else")
	}
	commitment := sum("tsumugu/v1/card\x00", shown.one(workerCardSalt), shown.one(workerCard))
	if admission.one("card") != hex.EncodeToString(commitment[:]) {
		return "", errors.New("the card is not the worker's")
	}
	card, err := parseMessage(shown.one(workerCard))
	if err != nil {
		return "", err
	}
	return string(card.one(cardName)), nil
}

// header is the digest of the lines that a re-seal does not change.
func (e *evidence) header(about *statement) string {
	var text strings.Builder
	fmt.Fprintf(&text, "tsumugu/v1/header\n%s\n", e.origin)
	for _, name := range headerLines[about.kind] {
		for _, value := range about.all(name) {
			fmt.Fprintf(&text, "%s %s\n", name, value)
		}
	}
	digest := sum("", []byte(text.String()))
	return hex.EncodeToString(digest[:])
}

// checkReceipt checks the receipt of a worker's admission under the checkpoint that it carries.
func (e *evidence) checkReceipt(shown *message, admission *statement) error {
	receipt, err := shown.child(workerReceipt)
	if err != nil {
		return err
	}
	private, err := receipt.child(receiptPrivate)
	if err != nil {
		return err
	}
	size, root, err := openCheckpoint(receipt.one(receiptCheckpoint), e.directory)
	if err != nil {
		return err
	}
	if err := e.log.holds(size, root); err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, hash := range receipt.bytes[receiptProof] {
		var step tlog.Hash
		copy(step[:], hash)
		proof = append(proof, step)
	}
	entry := encodePrivate(receipt.numbers[receiptTime], private.numbers[privateNumber], private.one(privateHead), private.one(privateSalt), admission.note)
	index := int64(receipt.numbers[receiptIndex])
	if index >= size {
		return errors.New("the worker's receipt is beyond its checkpoint")
	}
	return tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry))
}

// checkOlder: the checkpoint that the sender's terminal had seen is of the same log.
func (e *evidence) checkOlder(checkpoint []byte) error {
	size, root, err := openCheckpoint(checkpoint, e.directory)
	if err != nil {
		return err
	}
	return e.log.holds(size, root)
}
