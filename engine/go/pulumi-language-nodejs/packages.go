package main

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/pulumihome"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// packageFile has the fields of a package.json that the host reads.
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

// GetRequiredPackages names the installed provider plugins that the program's direct dependencies need.
//
// A package whose plugin is not installed (such as docker's, where the database is not in a container) is left out. The
// engine starts every run by trying to download each plugin named here, and on a closed network waits for hosts that
// it cannot reach. It downloads a plugin that is not named, or reports clearly that it is missing, when a resource first
// needs the plugin.
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

// GetProgramDependencies lists the program's direct dependencies in their installed versions, for `pulumi about`.
func (h *host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, dependency := range directDependencies(request.GetInfo().GetProgramDirectory()) {
		response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{
			Name:    dependency.Name,
			Version: dependency.Version,
		})
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
	names := map[string]string{}
	maps.Copy(names, program.Dependencies)
	maps.Copy(names, program.Development)
	for name := range names {
		var dependency packageFile
		path, ok := findUpwards(folder, filepath.Join("node_modules", filepath.FromSlash(name), "package.json"))
		if ok && readJSON(path, &dependency) {
			found = append(found, dependency)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found
}

// providerOf returns the provider plugin that a package's package.json names, if any. Where it leaves out the plugin's
// name or version, the package's own are used.
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

// isInstalled reports whether the plugin is under PULUMI_HOME in that version, or on PATH in any.
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
