package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileWidth is how many hashes or entries a full file holds (C2SP tlog-tiles).
const tileWidth = 256

// openedLog is a log whose clear statements and checkpoint were checked.
type openedLog struct {
	folder    string
	directory *directory
	entries   [][]byte
	hashes    hashStore
	size      int64
	root      tlog.Hash
}

// hashStore is the whole tree, in the order of tlog.StoredHashIndex.
type hashStore []tlog.Hash

func (h hashStore) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index >= int64(len(h)) {
			return nil, errors.New("a hash beyond the tree")
		}
		out = append(out, h[index])
	}
	return out, nil
}

// openLog reads every entry, recomputes the tree, checks every clear statement under the keys that
// the ones before it give, and then the checkpoint under the log key of the newest trust list.
func openLog(folder string) (*openedLog, error) {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	text, _, _ := strings.Cut(string(signed), "\n\n")
	_, size, _, err := parseCheckpoint(text + "\n")
	if err != nil {
		return nil, err
	}
	l := &openedLog{folder: folder, directory: newDirectory()}
	if l.entries, err = readEntries(folder, size); err != nil {
		return nil, err
	}
	for index, entry := range l.entries {
		stored, err := tlog.StoredHashes(int64(index), entry, l.hashes)
		if err != nil {
			return nil, err
		}
		l.hashes = append(l.hashes, stored...)
	}
	clear, err := checkClearChain(l.directory, l.entries)
	if err != nil {
		return nil, err
	}
	if l.size, l.root, err = openCheckpoint(signed, l.directory); err != nil {
		return nil, err
	}
	if err := l.holds(l.size, l.root); err != nil {
		return nil, err
	}
	fmt.Printf("checkpoint: %s, size %d, signature and recomputed root hold\n", l.directory.origin, l.size)
	fmt.Printf("clear chain: %d of %d leaves, every statement opens; %d institutions, %d terminals\n",
		clear, l.size, len(l.directory.institutions), len(l.directory.terminals))
	return l, nil
}

// checkClearChain walks the clear leaves in order and returns how many there are.
func checkClearChain(d *directory, entries [][]byte) (uint64, error) {
	var number, time uint64
	var previous [32]byte
	for index, entry := range entries {
		l, err := parseLeaf(entry)
		if err != nil {
			return 0, fmt.Errorf("leaf %d: %w", index, err)
		}
		if l.time < time {
			return 0, fmt.Errorf("leaf %d: time goes back", index)
		}
		time = l.time
		if !l.clear && (l.number+1 != number || l.previous != previous) {
			return 0, fmt.Errorf("leaf %d: a private leaf names another clear leaf than the one before it", index)
		}
		if !l.clear {
			continue
		}
		if l.number != number || l.previous != previous {
			return 0, fmt.Errorf("leaf %d: the clear chain is broken", index)
		}
		s, err := parseStatement(l.record)
		if err == nil {
			err = d.acceptLeaf(s, true)
		}
		if err != nil {
			return 0, fmt.Errorf("leaf %d: %w", index, err)
		}
		number, previous = number+1, sum("", entry)
	}
	return number, nil
}

// parseCheckpoint reads the text of a checkpoint (C2SP tlog-checkpoint, no extension lines).
func parseCheckpoint(text string) (origin string, size int64, root tlog.Hash, err error) {
	rows := strings.Split(text, "\n")
	if len(rows) != 4 || rows[3] != "" {
		return "", 0, root, errors.New("not a checkpoint")
	}
	size, err = strconv.ParseInt(rows[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != rows[1] || size < 1 {
		return "", 0, root, errors.New("not the size of a checkpoint: " + rows[1])
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(rows[2])
	if err != nil || len(hash) != tlog.HashSize {
		return "", 0, root, errors.New("not the root of a checkpoint: " + rows[2])
	}
	copy(root[:], hash)
	return rows[0], size, root, nil
}

// openCheckpoint checks a checkpoint's signature under the log keys of the newest trust list.
func openCheckpoint(signed []byte, d *directory) (int64, tlog.Hash, error) {
	opened, err := note.Open(signed, note.VerifierList(d.logKeys...))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: %w", err)
	}
	origin, size, root, err := parseCheckpoint(opened.Text)
	if err == nil && origin != d.origin {
		err = errors.New("the checkpoint is of another log: " + origin)
	}
	return size, root, err
}

// holds says whether a root that the log has signed is the root of its first leaves: where it is
// not, the log was forked or rolled back. Where no log is at hand, that stays unchecked.
func (l *openedLog) holds(size int64, root tlog.Hash) error {
	if l == nil {
		return nil
	}
	if size > int64(len(l.entries)) {
		return fmt.Errorf("a checkpoint of %d leaves, the folder has %d", size, len(l.entries))
	}
	have, err := tlog.TreeHash(size, l.hashes)
	if err == nil && have != root {
		err = fmt.Errorf("the signed root of %d leaves is not that of the entries", size)
	}
	return err
}

// readEntries reads the entry bundles: (u16be length | entry)*.
func readEntries(folder string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); n*tileWidth < size; n++ {
		name := tilePath("entries", n, width(size, n))
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		before := len(entries)
		for len(content) >= 2 {
			end := 2 + int(binary.BigEndian.Uint16(content))
			if end > len(content) {
				break
			}
			entries = append(entries, content[2:end])
			content = content[end:]
		}
		if len(content) > 0 || len(entries)-before != width(size, n) {
			return nil, errors.New(name + " does not hold as many entries as its name says")
		}
	}
	return entries, nil
}

// width is how many of count items the file n holds.
func width(count, n int64) int {
	if rest := count - n*tileWidth; rest < tileWidth {
		return int(rest)
	}
	return tileWidth
}

// tilePath is the name of a tile (C2SP tlog-tiles): tile/L/N, and .p/W where it is partial.
func tilePath(level string, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if width < tileWidth {
		name = fmt.Sprintf("%s.p/%d", name, width)
	}
	return "tile/" + level + "/" + name
}
