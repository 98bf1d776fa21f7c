package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

const (
	leafPrefix   = "tsumugu/v1/leaf\x00"
	recordPrefix = "tsumugu/v1/record\x00"
	clearLeaf    = 1
	privateLeaf  = 2
)

// leaf is a leaf entry (FORMATS, section 3).
type leaf struct {
	time     uint64
	clear    bool
	number   uint64   // of a clear leaf; of the clear leaf before a private one
	previous [32]byte // SHA-256 of the clear leaf before it
	record   []byte   // the statement of a clear leaf
	digest   [32]byte // what a private leaf shows of its record
}

func parseLeaf(entry []byte) (*leaf, error) {
	rest := bytes.TrimPrefix(entry, []byte(leafPrefix))
	if len(rest) == len(entry) || len(rest) < 9 {
		return nil, errors.New("not a leaf entry")
	}
	l := &leaf{time: binary.BigEndian.Uint64(rest), clear: rest[8] == clearLeaf}
	body := rest[9:]
	switch {
	case l.clear && len(body) >= 40:
		l.number = binary.BigEndian.Uint64(body)
		copy(l.previous[:], body[8:40])
		l.record = body[40:]
	case rest[8] == privateLeaf && len(body) == 72:
		l.number = binary.BigEndian.Uint64(body)
		copy(l.previous[:], body[8:40])
		copy(l.digest[:], body[40:])
	default:
		return nil, errors.New("a leaf entry of no known form")
	}
	return l, nil
}

func encodeClear(time, number uint64, previous [32]byte, record []byte) []byte {
	out := leafHead(time, clearLeaf)
	out = binary.BigEndian.AppendUint64(out, number)
	out = append(out, previous[:]...)
	return append(out, record...)
}

func encodePrivate(time, number uint64, head, salt, record []byte) []byte {
	digest := sum(recordPrefix, salt, record)
	out := leafHead(time, privateLeaf)
	out = binary.BigEndian.AppendUint64(out, number)
	out = append(out, head...)
	return append(out, digest[:]...)
}

func leafHead(time uint64, kind byte) []byte {
	return append(binary.BigEndian.AppendUint64([]byte(leafPrefix), time), kind)
}

// sum is SHA-256 under a prefix that keeps the uses apart.
func sum(prefix string, parts ...[]byte) [32]byte {
	hash := sha256.New()
	hash.Write([]byte(prefix))
	for _, part := range parts {
		hash.Write(part)
	}
	var out [32]byte
	copy(out[:], hash.Sum(nil))
	return out
}
