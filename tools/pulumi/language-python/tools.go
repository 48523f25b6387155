//go:build tools

// Package languagepython pins the program that starts Python for Pulumi. Releases after v3.78.0
// keep it in a module that only Pulumi's own build can use; the protocol between them is the same.
package languagepython

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
