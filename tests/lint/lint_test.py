#!/usr/bin/env python3
"""Tests of the lints themselves: each finds what it is there to find."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import include_rules
import leaf_symbols
import text_rules


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, *lines):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def include(self, name, *headers):
        self.write(name, *(f"#include {header}" for header in headers))


class IncludeRulesTest(TreeTest):
    def problems(self):
        return list(include_rules.Tree(self.root).problems())

    def assert_one(self, *words):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_sound_tree(self):
        self.include("engine/base/shape.h", "<cstdint>", '"absl/types/span.h"')
        self.include("engine/ops/conv.cc", '"engine/base/shape.h"', '"engine/kernels/gemm_s8.h"')
        self.include("engine/kernels/gemm_s8.h", "<cstdint>")
        self.include("engine/kernels/avx2/gemm.cc", "<immintrin.h>", '"engine/kernels/gemm_s8.h"')
        self.include("engine/model/reader.cc", '"flatbuffers/flatbuffers.h"')
        self.include("server/main.cc", '"octet/engine.h"', '"octet/v1/octet.grpc.pb.h"')
        self.include("client/main.cc", '"inference/grpc_service.grpc.pb.h"')
        self.assertEqual(self.problems(), [])

    def test_right_includes_left_never_back(self):
        self.include("engine/base/shape.h", '"engine/cpu/isa.h"')
        self.assert_one("engine/base/shape.h", "engine/base may not include engine/cpu")

    def test_model_sees_base_alone(self):
        self.include("engine/model/reader.cc", '"engine/kernels/gemm_s8.h"')
        self.assert_one("engine/model may not include engine/kernels")

    def test_ops_do_not_see_memory(self):
        self.include("engine/ops/conv.cc", '"engine/memory/arena_planner.h"')
        self.assert_one("engine/ops may not include engine/memory")

    def test_quantizer_sees_the_requantization_contract_alone(self):
        self.include("engine/quantize/transform/quantize.cc", '"engine/kernels/requantize.h"',
                     '"engine/kernels/packing.h"')
        self.assert_one("engine/kernels/packing.h")

    def test_flatbuffers_stay_in_the_reader(self):
        self.include("engine/plan/plan.cc", "<flatbuffers/flatbuffers.h>")
        self.assert_one("rule 3", "FlatBuffers")

    def test_generated_schema_stays_in_the_reader(self):
        self.include("engine/plan/plan.cc", '"tflite_generated.h"')
        self.assert_one("rule 3", "FlatBuffers")

    def test_no_grpc_in_the_engine(self):
        for header in ("<grpcpp/grpcpp.h>", "<google/protobuf/message.h>", "<prometheus/counter.h>"):
            with self.subTest(header):
                self.include("engine/runtime/run.cc", header)
                self.assert_one("rule 3", "gRPC")

    def test_server_sees_public_headers_alone(self):
        self.include("server/models/entry.cc", '"engine/runtime/compiled_model.h"')
        self.assert_one("server may not include engine/runtime")

    def test_server_sees_no_client(self):
        self.include("server/main.cc", '"octet_client/client.h"')
        self.assert_one("server may not include client")

    def test_client_sees_no_engine(self):
        self.include("client/client.cc", '"octet/engine.h"')
        self.assert_one("client may not include engine/include/octet")

    def test_production_uses_no_oracle(self):
        self.include("engine/ops/conv.cc", '"engine/kernels/reference/conv.h"')
        self.assert_one("rule 4")

    def test_production_uses_no_tests(self):
        self.include("server/main.cc", '"tests/support/goldens.h"')
        self.assert_one("rule 4")

    def test_leaf_includes_no_library(self):
        self.include("engine/kernels/neon/gemm.cc", "<arm_neon.h>", "<algorithm>")
        self.assert_one("engine/kernels/neon/gemm.cc", "algorithm", "rule 5")

    def test_leaf_reaches_no_library_through_its_contract(self):
        self.include("engine/kernels/gemm_s8.h", "<vector>")
        self.include("engine/kernels/avx2/gemm.cc", '"engine/kernels/gemm_s8.h"')
        self.assert_one("engine/kernels/avx2/gemm.cc", "vector", "rule 5")


class LeafSymbolsTest(TreeTest):
    def weak(self, *lines):
        self.write("engine/kernels/scalar/leaf.cc", *lines)
        source = self.root / "engine/kernels/scalar/leaf.cc"
        self.assertTrue(leaf_symbols.LEAF.search(str(source)))
        entry = {"directory": str(self.root), "file": str(source),
                 "command": f"c++ -O2 -o unused.o -c {source}"}
        return leaf_symbols.check_leaf(entry, "nm", self.root)

    def test_finds_an_inline_function(self):
        found = self.weak("inline int Twice(int x) { return 2 * x; }",
                          "int Leaf(int x) { return Twice(x); }")
        self.assertEqual(found, ["Twice(int)"])

    def test_finds_a_template(self):
        found = self.weak("template <class T> T Twice(T x) { return 2 * x; }",
                          "int Leaf(int x) { return Twice(x); }")
        self.assertEqual(len(found), 1)

    def test_accepts_local_functions(self):
        self.assertEqual(self.weak("namespace { int Twice(int x) { return 2 * x; } }",
                                   "int Leaf(int x) { return Twice(x); }"), [])

    def test_refuses_a_build_without_leaves(self):
        self.write("compile_commands.json", json.dumps([]))
        script = pathlib.Path(leaf_symbols.__file__)
        ran = subprocess.run([sys.executable, str(script), str(self.root)], capture_output=True)
        self.assertNotEqual(ran.returncode, 0)


class TextRulesTest(unittest.TestCase):
    def found(self, text):
        return [problem.split(": ")[1] for problem in text_rules.problems("a.md", text)]

    def test_finds_paths_of_one_machine(self):
        self.assertEqual(self.found("run /" + "home/someone/octetd"), ["a path of one machine"])

    def test_accepts_relative_and_system_paths(self):
        self.assertEqual(self.found("see server/home/x, /usr/bin/env, $ROOT/work/x, /models/a"), [])

    def test_finds_work_left_for_later(self):
        self.assertEqual(self.found("// TO" + "DO: later"), ["work left for later"])

    def test_finds_conflict_marks(self):
        self.assertEqual(self.found("<" * 7 + " HEAD\n"), ["a conflict mark"])


if __name__ == "__main__":
    unittest.main()
