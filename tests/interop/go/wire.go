package main

import (
	"encoding/binary"
	"errors"
)

// message holds the fields of a protobuf message: of repeated ones all, in order. Numbers are kept
// apart from bytes.
type message struct {
	bytes   map[uint64][][]byte
	numbers map[uint64]uint64
}

// parseMessage reads the two wire types that the letters use: varints and bytes.
func parseMessage(content []byte) (*message, error) {
	m := &message{bytes: map[uint64][][]byte{}, numbers: map[uint64]uint64{}}
	for len(content) > 0 {
		tag, n := binary.Uvarint(content)
		if n <= 0 {
			return nil, errors.New("a protobuf tag is cut short")
		}
		value, k := binary.Uvarint(content[n:])
		if k <= 0 {
			return nil, errors.New("a protobuf value is cut short")
		}
		content = content[n+k:]
		switch tag & 7 {
		case 0:
			m.numbers[tag>>3] = value
		case 2:
			if value > uint64(len(content)) {
				return nil, errors.New("a protobuf field is cut short")
			}
			m.bytes[tag>>3] = append(m.bytes[tag>>3], content[:value])
			content = content[value:]
		default:
			return nil, errors.New("a protobuf wire type that letters do not use")
		}
	}
	return m, nil
}

// one returns a field of bytes that is there once, or nothing.
func (m *message) one(field uint64) []byte {
	if values := m.bytes[field]; len(values) == 1 {
		return values[0]
	}
	return nil
}

// child reads a field that is a message.
func (m *message) child(field uint64) (*message, error) {
	return parseMessage(m.one(field))
}
