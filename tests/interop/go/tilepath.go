package main

import (
	"errors"
	"strconv"
	"strings"
)

// parseTilePath reads the name of a tile, and refuses any that tilePath would write differently.
func parseTilePath(name string) (level string, n int64, width int, err error) {
	width = tileWidth
	rest := strings.TrimPrefix(name, "tile/")
	if front, back, partial := strings.Cut(rest, ".p/"); partial {
		rest = front
		width, _ = strconv.Atoi(back)
	}
	level, digits, _ := strings.Cut(rest, "/")
	for _, group := range strings.Split(digits, "/") {
		value, _ := strconv.ParseInt(strings.TrimPrefix(group, "x"), 10, 64)
		n = n*1000 + value
	}
	if width < 1 || tilePath(level, n, width) != name {
		return "", 0, 0, errors.New("no part of a log: " + name)
	}
	return level, n, width, nil
}
