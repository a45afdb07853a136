#!/usr/bin/env python3
"""The checks of this folder against code that breaks their rules: a check that cannot fail proves nothing."""

import contextlib
import importlib.machinery
import importlib.util
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import rooms  # noqa: E402
from build_graph import Object  # noqa: E402
from system_headers import library_of  # noqa: E402


def load(path):
    """A script without a suffix, as a module."""
    name = path.name.replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


layers = load(HERE.parents[1] / "hack" / "check_layers")
build_rules = load(HERE / "build_rules")
pure = load(HERE / "pure_symbols")
source_rules = load(HERE / "source_rules")
rules = load(HERE / "rules")
clang_tidy = load(HERE / "clang_tidy")
readme = load(HERE / "readme_commands")
runner = load(HERE.parents[1] / "hack" / "test")
chart = load(HERE.parents[1] / "hack" / "sync-chart")


def an_object(source, *includes, target="core"):
    return Object(name=source + ".o", target=target, source=source, includes=list(includes))


class Layers(unittest.TestCase):
    def problems(self, source, *includes, target="core"):
        return layers.check([an_object(source, *includes, target=target)])

    def test_room_above_is_refused(self):
        self.assertIn("core may not use kube", self.problems("controller/core/a.cc", "controller/kube/store.h")[0])

    def test_room_below_is_accepted(self):
        self.assertEqual(self.problems("controller/core/a.cc", "controller/base/text.h", "/usr/include/c++/12/map"), [])

    def test_indirect_third_party_is_refused(self):
        found = self.problems("controller/core/a.cc", "controller/api/object.h", "/usr/include/cpprest/json.h")
        self.assertIn("cpprest is not a library of this file", found[0])

    def test_library_in_its_file_is_accepted(self):
        self.assertEqual(self.problems("controller/base/hash.cc", "/usr/include/openssl/evp.h"), [])
        self.assertNotEqual(self.problems("controller/base/text.cc", "/usr/include/openssl/evp.h"), [])

    def test_yaml_only_in_crd(self):
        self.assertEqual(self.problems("controller/schema/crd.cc", "/usr/include/yaml-cpp/yaml.h"), [])
        self.assertNotEqual(self.problems("controller/schema/decode.cc", "/usr/include/yaml-cpp/yaml.h"), [])

    def test_unknown_library_is_refused(self):
        self.assertIn("unknown", self.problems("controller/core/a.cc", "/usr/include/zmq.h")[0])

    def test_adapter_header_is_refused_behind_the_interface(self):
        self.assertEqual(self.problems("controller/kube/a.cc", "controller/net/transport.h"), [])
        self.assertIn("only", self.problems("controller/kube/a.cc", "controller/net/cpprest_transport.h")[0])

    def test_internal_header_of_another_room_is_refused(self):
        self.assertIn("A14", self.problems("controller/core/a.cc", "controller/stats/table_internal.h")[0])
        self.assertEqual(self.problems("controller/stats/a.cc", "controller/stats/table_internal.h"), [])

    def test_test_may_use_libraries_but_no_foreign_internals(self):
        self.assertEqual(self.problems("controller/core/a_test.cc", "/usr/include/gtest/gtest.h", target="core_test"), [])
        self.assertNotEqual(
            self.problems("controller/core/a_test.cc", "controller/stats/table_internal.h", target="core_test"), [])

    def test_room_without_a_row_is_refused(self):
        self.assertIn("no row", self.problems("controller/cellar/a.cc")[0])

    def test_include_path_of_a_forbidden_room_is_refused(self):
        output = "controller/core/CMakeFiles/core.dir/a.cc.o"
        self.assertEqual(list(layers.include_paths([(output, "c++ -I/b/rooms/core -I/b/rooms/base -c")])), [])
        self.assertEqual(len(list(layers.include_paths([(output, "c++ -I/b/rooms/kube -c")]))), 1)

    def test_runtime_headers_are_no_library(self):
        for path in ("/usr/include/x86_64-linux-gnu/bits/types.h", "/usr/include/unistd.h", "/usr/include/c++/12/map",
                     "/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h"):
            self.assertIsNone(library_of(path), path)
        self.assertEqual(library_of("/usr/include/nlohmann/json.hpp"), "nlohmann")

    def test_every_pure_room_has_a_row(self):
        self.assertLessEqual(set(rooms.PURE), set(rooms.USES))


class PureSymbols(unittest.TestCase):
    """Real objects from the real compiler: what matters is which symbols it leaves undefined."""

    def problems(self, source, optimise="-O2"):
        with tempfile.TemporaryDirectory() as folder:
            code, obj = Path(folder, "a.cc"), Path(folder, "a.o")
            code.write_text(source)
            subprocess.run(["g++", "-std=c++20", optimise, "-c", code, "-o", obj], check=True)
            return list(pure.banned_uses(obj)) + list(pure.constructors(obj))

    def test_accepts_arithmetic(self):
        self.assertEqual(self.problems("#include <string>\nstd::string f(int n) { return std::to_string(n); }"), [])

    def test_accepts_names_that_only_look_banned(self):
        self.assertEqual(self.problems("namespace k { int time(int); int open(int); }\n"
                                       "int f() { return k::time(1) + k::open(2); }"), [])

    def test_refuses(self):
        cases = {
            "system clock": "#include <chrono>\nauto f() { return std::chrono::system_clock::now(); }",
            "steady clock": "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }",
            "time": "#include <ctime>\nlong f() { return time(nullptr); }",
            "sleep_for": "#include <thread>\nvoid f() { std::this_thread::sleep_for(std::chrono::seconds(1)); }",
            "wait_until": "#include <condition_variable>\n#include <mutex>\n"
                          "void f(std::condition_variable& c, std::unique_lock<std::mutex>& l) {"
                          " c.wait_until(l, std::chrono::steady_clock::time_point{}); }",
            "thread": "#include <thread>\nvoid f() { std::thread([] {}).join(); }",
            "random_device": "#include <random>\nunsigned f() { return std::random_device()(); }",
            "rand": "#include <cstdlib>\nint f() { return rand(); }",
            "getenv": "#include <cstdlib>\nconst char* f() { return std::getenv(\"HOME\"); }",
            "socket": "#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }",
            "open": "#include <fcntl.h>\nint f(const char* p) { return open(p, 0); }",
            "ifstream": "#include <fstream>\nbool f(const char* p) { return std::ifstream(p).good(); }",
            "fopen": "#include <cstdio>\nvoid* f(const char* p) { return fopen(p, \"r\"); }",
        }
        for name, source in cases.items():
            with self.subTest(name):
                self.assertTrue(any("A13" in p for p in self.problems(source)), name)

    def test_refuses_globals_with_constructors(self):
        for optimise in ("-O1", "-O2"):
            self.assertIn("A15", self.problems(
                "#include <vector>\nnamespace kaizen { std::vector<int> g = {1, 2}; }", optimise)[0])
            self.assertIn("A15", self.problems(
                "#include <map>\nnamespace { const std::map<int, int> g = {{1, 2}}; }\nint f() { return g.at(1); }",
                optimise)[0])

    def test_accepts_boost_tables_and_nothing_beside_them(self):
        boost = ("#include <boost/math/special_functions/beta.hpp>\n"
                 "double f(double x) { return boost::math::ibeta(2.0, 3.0, x); }\n")
        self.assertEqual(self.problems(boost), [])
        self.assertNotEqual(self.problems(boost + "#include <vector>\nstd::vector<int> g = {1, 2};"), [])


class BuildRules(unittest.TestCase):
    def test_cpprest_twice_is_refused(self):
        header = "/usr/include/cpprest/http_client.h"
        one = [an_object("controller/net/a.cc", header)]
        self.assertEqual(list(build_rules.costly_headers(one)), [])
        self.assertEqual(len(list(build_rules.costly_headers(one + [an_object("controller/net/b.cc", header)]))), 1)

    def test_precompiled_header_in_production_is_refused(self):
        self.assertEqual(len(list(build_rules.precompiled([an_object("controller/net/a.cc", "/b/cmake_pch.hxx")]))), 1)
        self.assertEqual(list(build_rules.precompiled(
            [an_object("controller/net/a_test.cc", "/b/cmake_pch.hxx", target="net_test")])), [])

    def test_two_test_executables_are_refused(self):
        items = [an_object("controller/net/a_test.cc", target="net_test"),
                 an_object("controller/net/b_test.cc", target="net_more_test")]
        self.assertEqual(len(list(build_rules.one_test_per_room(items))), 1)
        self.assertEqual(list(build_rules.one_test_per_room(items[:1])), [])

    def test_unity_build_is_refused(self):
        self.assertEqual(len(list(build_rules.unity({"controller/net/CMakeFiles/net.dir/Unity/unity_0_cxx.cxx.o"}))), 1)


class SourceRules(unittest.TestCase):
    header = "// Store: one noun.\n#pragma once\n"

    def problems(self, name, text):
        return list(source_rules.check_file(name, text))

    def test_clean_files(self):
        self.assertEqual(self.problems("controller/kube/store.h", self.header), [])
        self.assertEqual(self.problems("controller/kube/store.cc", "// never throw here; \"try\"\nint x = 1;\n"), [])

    def test_each_rule_bites(self):
        cases = [
            ("controller/kube/a.cc", "int " + "x" * 100 + ";\n", "S20"),
            ("controller/kube/a.h", "#pragma once\nint x;\n", "S31"),
            ("controller/kube/a.cc", "void f() { throw 1; }\n", "S51"),
            ("controller/kube/a.cc", "void f() { try { g(); } catch (...) {} }\n", "S51"),
            ("controller/kube/a.h", self.header + "#include <simdjson.h>\n", "A11"),
            ("controller/kube/a.cc", "// TO" + "DO: later\n", "S32"),
            ("docs/guide.md", "see /ro" + "ot/notes\n", "path of one machine"),
            ("docs/decisions/0001-a.md", "# A\n## Status\n", "S84"),
            ("docs/decisions/0001-a.md", "## Status\n## Context\n## Decision\n## Consequences\n## Rejected\n" + "x\n" * 60,
             "S84"),
        ]
        for name, text, rule in cases:
            with self.subTest(rule=rule, text=text[:40]):
                self.assertTrue(any(rule in p for p in self.problems(name, text)), self.problems(name, text))

    def test_adapters_may_throw_and_catch(self):
        for name in ("controller/net/cpprest_transport.cc", "controller/telemetry/prometheus.cc"):
            self.assertEqual(self.problems(name, "void f() { try { g(); } catch (...) { throw; } }\n"), [])
        self.assertEqual(self.problems("controller/ext/a.cc", "void f() { try { g(); } catch (...) {} }\n"), [])

    def test_source_that_no_list_names_is_dead(self):
        with tempfile.TemporaryDirectory() as folder:
            room = Path(folder, "controller", "kube")
            room.mkdir(parents=True)
            (room / "CMakeLists.txt").write_text("add_room(kube SOURCES store.cc)\n")
            names = ["controller/kube/store.cc", "controller/kube/old.cc", "controller/kube/parts_internal.h"]
            self.assertEqual([p.split(":")[0] for p in source_rules.dead_sources(Path(folder), names)],
                             ["controller/kube/old.cc"])


class Rules(unittest.TestCase):
    def test_reads_numbers_from_names(self):
        self.assertEqual(rules.tokens("RT26DiscardsAllPagesOn410"), {("RT", 26)})
        self.assertEqual(rules.tokens("RO15AndRO16Meet"), {("RO", 15), ("RO", 16)})
        self.assertEqual(rules.tokens("A24WaitsForReady"), {("A", 24)})
        self.assertEqual(rules.tokens("SEC-1 and RT-33"), {("SEC", 1), ("RT", 33)})
        for name in ("ReadsRfc3339", "Sha256KnownAnswers", "Base64RoundTrips", "DATA1Loaded", "Http404"):
            self.assertEqual(rules.tokens(name), set(), name)

    def test_expands_ranges(self):
        self.assertEqual(rules.expand("1-3, 10, 12-13"), {1, 2, 3, 10, 12, 13})

    def test_ratchet_and_unknown_rules_fail(self):
        scope, known = {("RT", 1), ("RT", 2)}, {("RT", 1), ("RT", 2), ("RT", 3)}
        self.assertEqual(rules.report(scope, known, {("RT", 1): ["t"]}, 1, False), 0)
        self.assertEqual(rules.report(scope, known, {("RT", 1): ["t"]}, 0, False), 1)
        self.assertEqual(rules.report(scope, known, {("RT", 1): ["t"], ("RT", 2): ["t"], ("RT", 9): ["t"]}, 0, False), 1)
        self.assertEqual(rules.report(scope, known, {("RT", 1): ["t"], ("RT", 2): ["t"], ("RT", 3): ["t"]}, 0, False), 0)

    def test_finds_tests_and_no_comments(self):
        with tempfile.TemporaryDirectory() as folder:
            room, e2e = Path(folder, "controller", "kube"), Path(folder, "tests", "e2e")
            room.mkdir(parents=True)
            e2e.mkdir(parents=True)
            (room / "a_test.cc").write_text("// RT-5 is elsewhere\nTEST(Watch, RT26Resumes) {}\nTEST_F(Watch, DISABLED_RT27) {}\n")
            (e2e / "run.sh").write_text('# RT-6 is not tested here\ncheck "RT-33 refused watch-list" refuse\n')
            found = rules.collect(Path(folder), None)
            self.assertEqual(set(found), {("RT", 26), ("RT", 33)})


class ClangTidy(unittest.TestCase):
    """Which files a run looks at that takes only what changed."""

    includes = {
        "controller/core/plan.cc": ["controller/core/plan.h", "controller/base/text.h"],
        "controller/base/text.cc": ["controller/base/text.h"],
        "controller/kube/store.cc": ["controller/kube/store.h", "controller/kube/word.h"],
        "controller/kube/watch.cc": ["controller/kube/store.h", "controller/kube/word.h"],
    }

    def chosen(self, *changed):
        return clang_tidy.changed_sources(list(changed), self.includes) - {"controller/core/plan.cc"}

    def test_core_is_always_looked_at(self):
        self.assertEqual(clang_tidy.changed_sources([], self.includes), {"controller/core/plan.cc"})

    def test_changed_sources_are_looked_at(self):
        self.assertEqual(self.chosen("controller/kube/watch.cc", "docs/style.md"), {"controller/kube/watch.cc"})

    def test_a_header_is_seen_through_its_own_source_or_one_that_includes_it(self):
        self.assertEqual(self.chosen("controller/kube/store.h"), {"controller/kube/store.cc"})
        self.assertEqual(self.chosen("controller/kube/word.h"), {"controller/kube/store.cc"})
        self.assertEqual(self.chosen("controller/kube/word.h", "controller/kube/watch.cc"), {"controller/kube/watch.cc"})
        self.assertEqual(self.chosen("controller/base/text.h"), set())  # core shows it

    def test_without_a_commit_before_or_with_new_options_all_is_looked_at(self):
        self.assertEqual(clang_tidy.changed_sources(None, self.includes), set(self.includes))
        self.assertEqual(clang_tidy.changed_sources([".clang-tidy"], self.includes), set(self.includes))

    def test_git_says_what_differs_from_the_commit_before(self):
        with tempfile.TemporaryDirectory() as folder:
            def git(*arguments):
                subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@localhost", *arguments], cwd=folder, check=True,
                               capture_output=True)
            git("init")
            Path(folder, "a.cc").write_text("int a;\n")
            git("add", ".")
            git("commit", "-m", "first")
            self.assertIsNone(clang_tidy.changed_files(folder))
            Path(folder, "b.cc").write_text("int b;\n")
            git("add", ".")
            git("commit", "-m", "second")
            self.assertEqual(clang_tidy.changed_files(folder), ["b.cc"])


class Readme(unittest.TestCase):
    def test_reads_sh_blocks_only(self):
        text = "```sh\n# first\nhack/setup   # installs\nhack/demo \\\n  --all\n```\n```yaml\na: b\n```\n"
        self.assertEqual(list(readme.commands(text)), ["hack/setup", "hack/demo --all"])


class TestRunner(unittest.TestCase):
    """hack/test: what was not run is said, and never passes where it is required."""

    def status(self, *outcomes, required=()):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            result = runner.summarise(list(outcomes), list(required))
        return result, out.getvalue()

    def outcome(self, name, state, **more):
        return runner.Outcome(next(t for t in runner.TIERS if t.name == name), state, **more)

    def test_passes_only_what_ran(self):
        self.assertEqual(self.status(self.outcome("unit", "passed"))[0], 0)
        self.assertEqual(self.status(self.outcome("unit", "FAILED"))[0], 1)
        self.assertEqual(self.status(self.outcome("unit", "NOT RUN", reason="needs root"))[0], 1)

    def test_a_tier_that_did_not_run_is_named_and_fails_when_required(self):
        outcomes = self.outcome("unit", "passed"), self.outcome("real", "NOT RUN", reason="needs root")
        status, text = self.status(*outcomes)
        self.assertEqual(status, 0)
        self.assertIn("NOT RUN real: needs root", text)
        self.assertEqual(self.status(*outcomes, required=["unit", "real"])[0], 1)

    def test_a_test_that_skipped_itself_fails_when_required(self):
        outcome = self.outcome("real", "passed", skipped=[("chart_render", "helm not found")])
        status, text = self.status(outcome)
        self.assertEqual(status, 0)
        self.assertIn("NOT RUN real, test chart_render: helm not found", text)
        self.assertEqual(self.status(outcome, required=["real"])[0], 1)

    def test_ctests_own_lines_come_last(self):
        lines = ["100% tests passed, 0 tests failed out of 7", "Total Test time (real) =   1.00 sec"]
        text = self.status(self.outcome("unit", "passed", summary=lines))[1]
        self.assertTrue(text.rstrip().endswith("\n".join(lines)))

    def test_reads_skips_from_ctests_report(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "junit.xml")
            report.write_text('<testsuite><testcase name="a" status="run"/><testcase name="b" status="notrun">'
                              '<system-out>x\nneeds root\n</system-out></testcase></testsuite>')
            outcome = self.outcome("real", "passed")
            self.assertEqual(runner.read_report(report, outcome), 1)
            self.assertEqual(outcome.skipped, [("b", "needs root")])


class SyncChart(unittest.TestCase):
    crd = "apiVersion: v1\nkind: CRD\nmetadata:\n  name: a.b\nspec:\n  text: use {{x}}\n"

    def test_adds_the_charts_annotations(self):
        for text in (self.crd, self.crd.replace("  name: a.b\n", "  annotations:\n    own: x\n  name: a.b\n")):
            made = chart.crd_template("a.yaml", text)
            self.assertEqual(made.count("  annotations:\n"), 1)
            self.assertIn("helm.sh/resource-policy: keep", made.split("spec:")[0])

    def test_keeps_braces_as_text(self):
        self.assertIn('use {{ "{{" }}x}}', chart.crd_template("a.yaml", self.crd))

    def test_refuses_a_role_it_would_cut(self):
        self.assertEqual(chart.rules("kind: R\nrules:\n  - verbs: [get]\n"), "  - verbs: [get]\n")
        for text in ("rules:\n  - verbs: [get]\nkind: R\n", "rules:\n"):
            self.assertRaises(SystemExit, chart.rules, text)


if __name__ == "__main__":
    unittest.main()
