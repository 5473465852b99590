package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

// options are the `runtime.options` of a Pulumi.yaml or PulumiPlugin.yaml that this host supports.
type options struct {
	// typescript: whether TypeScript files are compiled as they are loaded. Default: true.
	typescript bool
	// nodeargs: arguments of node, before the script. Default: none.
	nodeargs []string
}

func readOptions(given *structpb.Struct) options {
	read := options{typescript: true}
	for name, value := range given.GetFields() {
		switch name {
		case "typescript":
			if _, isBool := value.GetKind().(*structpb.Value_BoolValue); isBool {
				read.typescript = value.GetBoolValue()
			}
		case "nodeargs":
			read.nodeargs = strings.Fields(value.GetStringValue())
		}
	}
	return read
}

// environment has the variables by which the SDK's entry points take these options.
func (o options) environment() []string {
	if o.typescript {
		return []string{"PULUMI_NODEJS_TYPESCRIPT=true"}
	}
	return nil
}

// sdkScript finds one of the SDK's entry points, such as "run", as node would find it from that folder.
func sdkScript(folder, name string) (string, error) {
	relative := filepath.Join("node_modules", "@pulumi", "pulumi", "cmd", name, "index.js")
	found, ok := findUpwards(folder, relative)
	if !ok {
		return "", fmt.Errorf("no @pulumi/pulumi in %q or in a folder above it: run npm ci there", folder)
	}
	return found, nil
}

// findUpwards finds a file by its path below that folder or below the nearest folder above it.
func findUpwards(folder, relative string) (string, bool) {
	for {
		candidate := filepath.Join(folder, relative)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, true
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", false
		}
		folder = above
	}
}

// readJSON reads a JSON file into value; false where the file is missing or is not such JSON.
func readJSON(path string, value any) bool {
	bytes, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(bytes, value) == nil
}
