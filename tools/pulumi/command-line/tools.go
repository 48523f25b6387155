//go:build tools

// Package commandline pins the Pulumi command line: go.sum holds the hash of every module that it
// is built from.
package commandline

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
