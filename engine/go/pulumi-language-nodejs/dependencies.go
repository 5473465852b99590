package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GetProgramDependencies lists what the program depends on: its direct dependencies as they are installed, or all that
// package-lock.json holds.
func (h *host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	folder := request.GetInfo().GetProgramDirectory()
	response := &pulumirpc.GetProgramDependenciesResponse{}
	if request.GetTransitiveDependencies() {
		response.Dependencies = lockedDependencies(folder)
		return response, nil
	}
	for _, dependency := range directDependencies(folder) {
		response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{
			Name:    dependency.Name,
			Version: dependency.Version,
		})
	}
	return response, nil
}

func lockedDependencies(folder string) []*pulumirpc.DependencyInfo {
	var lock struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	path, ok := findUpwards(folder, "package-lock.json")
	if !ok || !readJSON(path, &lock) {
		return nil
	}
	var found []*pulumirpc.DependencyInfo
	for place, one := range lock.Packages {
		if _, name, isPackage := cutLast(place, "node_modules/"); isPackage {
			found = append(found, &pulumirpc.DependencyInfo{Name: name, Version: one.Version})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found
}

func cutLast(text, separator string) (string, string, bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// InstallDependencies installs what the folder's package.json names: exactly as package-lock.json has it where there is
// one. A plugin's folder without a package.json of its own lives on the project's dependencies: nothing to do.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	folder := request.GetInfo().GetProgramDirectory()
	if folder == "" {
		folder = request.GetDirectory()
	}
	if !exists(folder, "package.json") {
		return nil
	}
	manager := readOptions(request.GetInfo().GetOptions()).packagemanager
	arguments := []string{manager, "install"}
	if manager == "npm" && exists(folder, "package-lock.json") {
		arguments = []string{manager, "ci"}
	}
	var mutex sync.Mutex
	send := func(response *pulumirpc.InstallDependenciesResponse) error {
		mutex.Lock()
		defer mutex.Unlock()
		return server.Send(response)
	}
	code, err := h.run(server.Context(), func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := prepare(ctx, folder, os.Environ(), arguments...)
		if err != nil {
			return nil, err
		}
		cmd.Stdout = installOutput(send, func(text []byte) *pulumirpc.InstallDependenciesResponse {
			return &pulumirpc.InstallDependenciesResponse{Stdout: text}
		})
		cmd.Stderr = installOutput(send, func(text []byte) *pulumirpc.InstallDependenciesResponse {
			return &pulumirpc.InstallDependenciesResponse{Stderr: text}
		})
		return cmd, nil
	})
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("%q in %q ended with exit code %d", strings.Join(arguments, " "), folder, code)
	}
	return nil
}

func installOutput(
	send func(*pulumirpc.InstallDependenciesResponse) error,
	response func([]byte) *pulumirpc.InstallDependenciesResponse,
) io.Writer {
	return writer(func(text []byte) error { return send(response(text)) })
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}
