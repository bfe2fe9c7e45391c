# make run     sets the machine up, builds, and compresses the embedded model into reports/demo
# make test    sets the machine up and runs every test
# make controls  trains the final shape without compression, at the same compute
# make bench   measures the engine; make bench-peers measures it beside PyTorch and onnxruntime
# make cost-study  predicts 64 shapes from each of three fresh profiles, then measures them (10 minutes, idle machine)
# make precision-study  distils in f32 and in bf16, three seeds each, and compares accuracies
# make calibrate  fits the modelled GPUs to published measurements and writes the table of errors
# make sanitize  runs the C kernels under the address sanitizer, each product against double precision
# make lint    checks the format of every Swift file
# make clean   removes what was built

# One set of flags, so that one build serves every target. (By default `swift test` would compile
# every module a second time, for @testable imports, which no test here uses.)
SWIFT_FLAGS := -c release -Xswiftc -warnings-as-errors
SWIFT_SOURCES := $(wildcard Package.swift Sources Tests Benchmarks)
PLANNER := .build/release/planner

.PHONY: run test controls bench bench-peers bench-peers-1 calibrate cost-study \
  precision-study sanitize lint build setup clean
.DEFAULT_GOAL := build

run: build
	@scripts/run.sh $(PLANNER) reports/demo

test: setup
	@swift test $(SWIFT_FLAGS) --disable-testable-imports

controls: setup
	@test -f reports/demo/model/config.json || $(MAKE) run
	@swift run $(SWIFT_FLAGS) controls reports/demo Benchmarks/results/controls.json

bench: setup
	@swift run $(SWIFT_FLAGS) bench Benchmarks/results/engine.json Benchmarks/README.md

bench-peers: setup
	@swift build $(SWIFT_FLAGS) --product bench
	@Benchmarks/Peers/run.sh .build/release/bench Benchmarks/results/peers.json Benchmarks/README.md

bench-peers-1: setup
	@swift build $(SWIFT_FLAGS) --product bench
	@PEERS_THREADS=1 Benchmarks/Peers/run.sh .build/release/bench Benchmarks/results/peers-1.json \
	  Benchmarks/README.md

cost-study: setup
	@swift run $(SWIFT_FLAGS) cost-study Benchmarks/results 1 7 3

precision-study: setup
	@swift run $(SWIFT_FLAGS) precision-study Benchmarks/results/precision.json

calibrate: setup
	@swift run $(SWIFT_FLAGS) calibrate Benchmarks/gpu/measurements.csv \
	  Benchmarks/gpu/decoders.csv profiles Benchmarks/results/gpu.md

# No vectorised loop is reported (-w): under the sanitizer few are.
sanitize: setup
	@mkdir -p .build
	@clang -std=gnu17 -O1 -g -w -fsanitize=address,undefined -fno-sanitize-recover=all -fuse-ld=lld \
	  -I Sources/CKernels/include Sources/CKernels/*.c Tests/Sanitizer/kernels.c -lm -lpthread \
	  -o .build/sanitized-kernels
	@.build/sanitized-kernels

lint:
	@swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

build: setup
	@swift build $(SWIFT_FLAGS) --product planner

setup:
	@scripts/setup.sh

clean:
	rm -rf .build
