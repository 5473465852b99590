package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/pulumihome"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// packageFile is what a package.json says that matters here.
type packageFile struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Dependencies map[string]string `json:"dependencies"`
	Development  map[string]string `json:"devDependencies"`
	Pulumi       struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

// GetRequiredPackages names the provider plugins that the program's direct dependencies need.
//
// Only those that are there: a package whose plugin is not installed (such as docker's, where the database is not in a
// container) is left out. The engine tries to download all that is named before anything else, at every run, and waits
// for hosts that a closed network cannot reach; one that is not named it gets, or misses with a clear error, when a
// resource first asks for it.
func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, dependency := range directDependencies(request.GetInfo().GetProgramDirectory()) {
		if required, ok := providerOf(dependency); ok && isInstalled(required) {
			response.Packages = append(response.Packages, required)
		}
	}
	return response, nil
}

// directDependencies reads the package.json of every direct dependency of that folder's package, sorted by name.
func directDependencies(folder string) []packageFile {
	var program packageFile
	path, ok := findUpwards(folder, "package.json")
	if !ok || !readJSON(path, &program) {
		return nil
	}
	var found []packageFile
	for name := range union(program.Dependencies, program.Development) {
		var dependency packageFile
		path, ok := findUpwards(folder, filepath.Join("node_modules", filepath.FromSlash(name), "package.json"))
		if ok && readJSON(path, &dependency) {
			found = append(found, dependency)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found
}

func union(one, other map[string]string) map[string]string {
	both := map[string]string{}
	for _, each := range []map[string]string{one, other} {
		for name, value := range each {
			both[name] = value
		}
	}
	return both
}

// providerOf tells which provider plugin a package needs, if any: the package says so itself, and its own name and
// version stand for what it leaves out.
func providerOf(dependency packageFile) (*pulumirpc.PackageDependency, bool) {
	if !dependency.Pulumi.Resource {
		return nil, false
	}
	name := dependency.Pulumi.Name
	if name == "" {
		name = strings.TrimPrefix(strings.TrimPrefix(dependency.Name, "@pulumi/"), "@")
	}
	version := dependency.Pulumi.Version
	if version == "" {
		version = dependency.Version
	}
	return &pulumirpc.PackageDependency{
		Name:    name,
		Kind:    "resource",
		Version: "v" + strings.TrimPrefix(version, "v"),
		Server:  dependency.Pulumi.Server,
	}, true
}

// isInstalled tells whether the plugin is under PULUMI_HOME in that version, or on PATH in any.
func isInstalled(required *pulumirpc.PackageDependency) bool {
	if _, err := exec.LookPath("pulumi-resource-" + required.GetName()); err == nil {
		return true
	}
	home, err := pulumihome.Dir()
	if err != nil {
		return false
	}
	folder := "resource-" + required.GetName() + "-" + required.GetVersion()
	_, err = os.Stat(filepath.Join(home, "plugins", folder))
	return err == nil
}
