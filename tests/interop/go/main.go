// Command checklog checks a folder of the exchange with nothing of the exchange's own code: only
// docs/FORMATS.md and Go's golang.org/x/mod/sumdb packages, which know signed notes and logs.
//
//	checklog -log DIR/server/log -evidence DIR/evidence [-names FILE]
//	checklog -vectors docs/vectors
//
// It prints one line for each thing that holds, and ends with status 1 at the first that does not.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	vectors := flag.String("vectors", "", "check the vectors in this folder, and nothing else")
	logFolder := flag.String("log", "", "the tiles folder of the exchange")
	evidenceFolder := flag.String("evidence", "", "a folder with *.evidence files")
	namesFile := flag.String("names", "", "write the workers' names found in the evidence here, as JSON")
	flag.Parse()
	var err error
	if *vectors != "" {
		err = checkVectors(*vectors)
	} else {
		err = run(*logFolder, *evidenceFolder, *namesFile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "checklog:", err)
		os.Exit(1)
	}
}

func run(logFolder, evidenceFolder, namesFile string) error {
	log, err := openLog(logFolder)
	if err != nil {
		return err
	}
	if err := checkProofs(log); err != nil {
		return err
	}
	if err := checkTiles(log); err != nil {
		return err
	}
	names, err := checkEvidenceFolder(log, evidenceFolder)
	if err != nil || namesFile == "" {
		return err
	}
	text, err := json.Marshal(names)
	if err != nil {
		return err
	}
	return os.WriteFile(namesFile, text, 0o644)
}

// checkEvidenceFolder checks each file, against the log too where there is one, and returns the workers' names that the letters show.
func checkEvidenceFolder(log *openedLog, folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.evidence"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no *.evidence file in " + folder)
	}
	sort.Strings(files)
	found := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		result, err := checkEvidence(log, content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		for _, name := range result.names {
			found[name] = true
		}
		fmt.Printf("evidence: %s holds: %d clear and %d private leaves under a checkpoint of %d, %d texts by a worker\n",
			filepath.Base(file), result.clear, result.private, result.size, len(result.names))
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, nil
}
