package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// maxOlderSizes bounds the consistency proofs of a long log.
const maxOlderSizes = 1000

// checkProofs makes and checks an inclusion proof of every leaf, and consistency proofs from older
// sizes: all of them in a small log, else evenly spread ones.
func checkProofs(l *openedLog) error {
	for index, entry := range l.entries {
		n := int64(index)
		proof, err := tlog.ProveRecord(l.size, n, l.hashes)
		if err == nil {
			err = tlog.CheckRecord(proof, l.size, l.root, n, tlog.RecordHash(entry))
		}
		if err != nil {
			return fmt.Errorf("inclusion of leaf %d: %w", n, err)
		}
	}
	older := 0
	for size := int64(1); size <= l.size; size += 1 + l.size/maxOlderSizes {
		root, err := tlog.TreeHash(size, l.hashes)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(l.size, size, l.hashes)
		if err == nil {
			err = tlog.CheckTree(proof, l.size, l.root, size, root)
		}
		if err != nil {
			return fmt.Errorf("consistency from %d: %w", size, err)
		}
		older++
	}
	fmt.Printf("proofs: inclusion of %d leaves and consistency from %d older sizes hold\n", l.size, older)
	return nil
}

// checkTiles compares every file under tile/ with what the entries give, and misses none.
func checkTiles(l *openedLog) error {
	expected := 0
	for level := 0; l.size>>(8*level) > 0; level++ {
		count := l.size >> (8 * level)
		for n := int64(0); n*tileWidth < count; n++ {
			name := tilePath(strconv.Itoa(level), n, width(count, n))
			if err := checkTile(l, name, level, n, width(count, n)); err != nil {
				return err
			}
			expected++
		}
	}
	found, err := checkOtherTiles(l)
	if err != nil {
		return err
	}
	fmt.Printf("tiles: %d of this size, %d files under tile/ in all, every one as recomputed\n", expected, found)
	return nil
}

func checkTile(l *openedLog, name string, level int, n int64, width int) error {
	have, err := os.ReadFile(filepath.Join(l.folder, name))
	if err != nil {
		return err
	}
	var want []byte
	for i := n * tileWidth; i < n*tileWidth+int64(width); i++ {
		hashes, err := l.hashes.ReadHashes([]int64{tlog.StoredHashIndex(8*level, i)})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		want = append(want, hashes[0][:]...)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s is not what the entries give", name)
	}
	return nil
}

// checkOtherTiles looks at every file that is there: partial tiles of older sizes may remain, and
// must be right too; nothing else may be served as if it were part of the log.
func checkOtherTiles(l *openedLog) (int, error) {
	found := 0
	err := filepath.WalkDir(filepath.Join(l.folder, "tile"), func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		found++
		name, err := filepath.Rel(l.folder, path)
		if err != nil {
			return err
		}
		level, n, width, err := parseTilePath(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		if level != "entries" {
			number, err := strconv.Atoi(level)
			if err != nil || number > 63/8 {
				return fmt.Errorf("%s is no tile", name)
			}
			return checkTile(l, name, number, n, width)
		}
		return checkBundle(l, name, n, width)
	})
	return found, err
}

func checkBundle(l *openedLog, name string, n int64, width int) error {
	have, err := os.ReadFile(filepath.Join(l.folder, name))
	if err != nil {
		return err
	}
	first := n * tileWidth
	if first+int64(width) > l.size {
		return fmt.Errorf("%s holds entries beyond the checkpoint", name)
	}
	var want []byte
	for _, entry := range l.entries[first : first+int64(width)] {
		want = append(want, byte(len(entry)>>8), byte(len(entry)))
		want = append(want, entry...)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s does not hold the log's entries", name)
	}
	return nil
}
