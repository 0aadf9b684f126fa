# Two commands do everything on a fresh machine with Go: make demo, make test.
SHELL := /bin/bash

GO      ?= go

BIN     := bin
CROSS   := linux/amd64 linux/arm64 linux/ppc64le darwin/arm64 windows/amd64 aix/ppc64
SPEED   ?= 1

.PHONY: demo test test-plugins race check generate golden bench cross build fuzz torture clean

## demo: a running partition moves between two simulated blades
demo: build
	$(BIN)/gantry demo -speed $(SPEED)

# Providers of third parties: modules of their own.
PROVIDERS := examples/provider-minimal examples/provider-zoning

## test: every test; the lab and the consoles are inside
test:
	$(GO) test -timeout 20m -v $$($(GO) list ./... | grep -v '/cmd/gantry$$') 2>&1 | grep -Ev '^=== (RUN|PAUSE|CONT|NAME)'; exit $${PIPESTATUS[0]}
	GOGC=400 $(GO) test -timeout 20m -parallel 6 -v ./cmd/gantry 2>&1 | grep -Ev '^=== (RUN|PAUSE|CONT|NAME)'; exit $${PIPESTATUS[0]}
	@for d in $(PROVIDERS); do \
		(cd $$d && $(GO) test -v ./... 2>&1 | grep -Ev '^=== (RUN|PAUSE|CONT|NAME)'; exit $${PIPESTATUS[0]}) || exit 1; \
	done

## test-plugins: the end-to-end tests once more, with the providers that Gantry brings in a process of their own; RUN chooses among them
RUN     ?= .
test-plugins:
	GANTRY_BUILTINS=plugin GOGC=400 $(GO) test -count=1 -timeout 20m -parallel 6 -v -run '$(RUN)' ./cmd/gantry 2>&1 | grep -E '^(---|ok|FAIL|PASS|panic)'; exit $${PIPESTATUS[0]}

## torture: kill a run at every boundary and KILLS times at random; what is there afterwards is what an undisturbed run makes
KILLS   ?= 2000
torture:
	GANTRY_TORTURE=$(KILLS) GOGC=400 $(GO) test -count=1 -timeout 3h -parallel 8 -v -run 'TestTorture' ./cmd/gantry
	$(GO) test -count=1 -v -run 'TestPowerLoss|TestDiskFull' ./state

race:
	$(GO) test -race ./...

build:
	$(GO) build -o $(BIN)/gantry ./cmd/gantry

## generate: the references in docs/, from the kinds and the rules
generate: build
	$(BIN)/gantry schema > docs/kinds.md
	$(BIN)/gantry schema -rules > docs/rules.md

## golden: rewrite the goldens; check proves that this changes nothing
golden:
	$(GO) test -count=1 ./config -update
	$(GO) test -count=1 ./cmd/gantry -run TestScripts -update

## check: format, vet, staticcheck, generated files and goldens unchanged, import directions, vulnerabilities
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod verify
	$(GO) mod tidy -diff
	@for d in $(PROVIDERS) state/backend/servers; do (cd $$d && $(GO) vet ./... && $(GO) mod tidy -diff) || exit 1; done
	.ci/unchanged $(MAKE) generate
	.ci/unchanged $(MAKE) golden
	$(BIN)/gantry fmt -check -recursive examples
	$(GO) test -count=1 ./cmd/internal/layout
	.ci/vulnerabilities

## bench: time, memory and growth on synthetic estates (docs/performance.md)
bench:
	$(GO) build -o $(BIN)/gantry-bench ./cmd/gantry-bench
	$(BIN)/gantry-bench

## cross: static binaries for every platform that administrators use
cross:
	@for t in $(CROSS); do \
		os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os = windows ] && ext=.exe; \
		echo "$$t"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '-s -w' -o dist/gantry-$$os-$$arch$$ext ./cmd/gantry || exit 1; \
	done

## fuzz: a minute for every fuzz target
fuzz:
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$p || exit 1; \
		done; \
	done

clean:
	rm -rf $(BIN) dist
