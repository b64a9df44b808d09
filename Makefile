# SPDX-License-Identifier: Apache-2.0
# The few commands a person needs. CMake (CMakePresets.json) does the building; see CONTRIBUTING.md.

PRESET ?= dev
JOBS   ?= $(shell nproc)
ARGS   ?=

# `make X` with a Node.js or Python in an unusual place: put it first in PATH.
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build release demo test bench bench-zoo bench-attrib format asan tsan pages install clean

help: ## this list
	@printf 'Slitlamp: see what a vision model gets wrong, and why.\n\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@printf '\nSettings: PRESET=dev|release|asan|tsan JOBS=%s ARGS="..." (for demo and bench)\n' '$(JOBS)'

setup: ## install missing packages and fetch what third_party/ pins
	@tools/setup.sh

build: setup pages ## build with PRESET (dev) into build/PRESET
	@tools/build.sh $(PRESET) $(JOBS)

release: setup pages
	@tools/build.sh release $(JOBS)

demo: release ## set up, build, and look at a real model's failures in the browser
	@build/release/slitlamp demo $(ARGS)

test: build ## set up, build and run every test
	@ctest --test-dir build/$(PRESET) -j $(JOBS) --output-on-failure $(ARGS)

bench: release ## measure against the peers and print ratios
	@cmake --build build/release --target benches -- -j $(JOBS)
	@python3 bench/run.py $(ARGS)

bench-zoo: release ## gradients of whole models against PyTorch's (about 5 GB of packages)
	@cmake --build build/release --target benches -- -j $(JOBS)
	@python3 bench/zoo.py $(ARGS)

bench-attrib: release ## attribution methods beside Captum, pytorch-grad-cam and bare ONNX Runtime
	@cmake --build build/release --target benches -- -j $(JOBS)
	@python3 bench/attrib.py $(ARGS)

format: ## rewrite C files (and pages, where prettier is installed) in the house format
	@tools/format.sh
	@if [ -x web/node_modules/.bin/prettier ]; then \
	  cd web && node_modules/.bin/prettier --log-level warn --write src; fi

asan: setup ## run the C tests under the address and undefined-behaviour sanitizers
	@tools/build.sh asan $(JOBS)
	@ctest --preset asan -j $(JOBS) $(ARGS)

tsan: setup ## run the C unit tests under the thread sanitizer
	@tools/build.sh tsan $(JOBS)
	@ctest --preset tsan -j $(JOBS) $(ARGS)

pages: setup
	@tools/pages.sh

install: release ## install into PREFIX (/usr/local)
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

clean: ## remove what was built (keeps third_party/fetched)
	@rm -rf build web/dist web/node_modules
