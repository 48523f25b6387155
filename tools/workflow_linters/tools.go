//go:build tools

// Package workflow_linters names the command that go.mod pins.
package workflow_linters

import _ "github.com/rhysd/actionlint/cmd/actionlint"
