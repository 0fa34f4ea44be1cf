"""Compiles the policies and their laws without optimisation, mutated or not,
and runs the laws. What a mutant does not touch is compiled once."""

import concurrent.futures
import os
import pathlib
import re
import resource
import shutil
import subprocess
import time

POLICIES, LAWS, MAIN = "actors/policies", "tests/laws", "tests/support/main.cpp"
# Free of CAF, and used by policies.
BESIDE = ["actors/call.cpp", "actors/errors.cpp", "actors/fault.cpp", "actors/settings.cpp"]
SMALL, FULL = "seed=1 noshrink=1 max_success=5", "seed=1 noshrink=1"


class Broken(Exception):
    """Something that has to work did not."""


class Bench:
    def __init__(self, root, work, compiler, jobs):
        self.root, self.work, self.jobs = pathlib.Path(root), pathlib.Path(work), jobs
        self.cxx = [compiler, "-std=c++20", "-O0", "-w", "-fPIC", "-D_GLIBCXX_ASSERTIONS",
                    f'-DCAISSON_SOURCE_DIR="{self.root}"']
        self.clang = "clang" in pathlib.Path(compiler).name
        self.policies = sorted(str(path.relative_to(self.root))
                               for path in (self.root / POLICIES).glob("*.cpp"))
        self.laws = sorted(str(path.relative_to(self.root))
                           for path in (self.root / LAWS).glob("*_test.cpp")
                           if f'"{POLICIES}/' in path.read_text())
        # Catch2 3 is a library, 2 is a header.
        self.catch = ["-lCatch2"] if pathlib.Path("/usr/include/catch2/catch_all.hpp").exists() else []
        self.needs, self.seconds = {}, {}

    # -- once -----------------------------------------------------------------

    def prepare(self, log):
        stamp = self.work / "command"
        if not stamp.exists() or stamp.read_text() != str(self.cxx):
            shutil.rmtree(self.work, ignore_errors=True)
            (self.work / "base").mkdir(parents=True)
            stamp.write_text(str(self.cxx))
        log("headers first")
        texts = [(self.root / path).read_text() for path in self.files()]
        system = sorted({line for text in texts
                         for line in re.findall(r"^#include <.*>", text, re.M)})
        # Only what no mutant changes goes into the precompiled headers.
        stable = [f'#include "{path}"' for path in
                  ("actors/call.hpp", "actors/fault.hpp", "actors/settings.hpp")]
        self.precompile("policies.hpp", system + stable)
        self.precompile("laws.hpp", [f'#include "{LAWS}/property.hpp"'])
        sources = [MAIN, *self.laws, *self.policies, *BESIDE]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for source, said in zip(sources, pool.map(self.compile, sources)):
                if said:
                    raise Broken(f"{source} does not compile:\n{said}")
            log("compiled, unmutated laws next")
            self.link_policies("base")
            for law, said in zip(self.laws, pool.map(self.try_out, self.laws)):
                log(f"{law}: {self.seconds[law]:.1f} s")
                if said:
                    raise Broken(f"{law} fails without any mutant:\n{said}")

    def try_out(self, law):
        self.link_law(law, "base")
        status, said, self.seconds[law] = self.run(law, "base", FULL, 600)
        return None if status == "passed" else f"{status}: {said}"

    def files(self):
        return sorted(str(path.relative_to(self.root))
                      for path in (self.root / POLICIES).iterdir() if path.suffix in (".hpp", ".cpp"))

    def precompile(self, name, lines):
        header = self.work / name
        made = self.work / (name + (".pch" if self.clang else ".gch"))
        if header.exists() and header.read_text().splitlines() == lines and self.fresh(made):
            return
        header.write_text("\n".join(lines) + "\n")
        got = self.call([*self.cxx, f"-I{self.root}", "-MD", "-MF", made.with_suffix(".d"),
                         "-x", "c++-header", header, "-o", made])
        if got.returncode:
            raise Broken(got.stderr)

    def needed(self, made):
        words = made.with_suffix(".d").read_text().replace("\\\n", " ").split()
        return {os.path.relpath(self.root / word, self.root) for word in words[1:]}

    def fresh(self, made):
        """Whether nothing that it was made from is younger."""
        if not made.exists() or not made.with_suffix(".d").exists():
            return False
        age = made.stat().st_mtime
        paths = [self.root / path for path in self.needed(made)]
        if made.suffix == ".o":
            paths += self.work.glob("*.hpp.*ch")
        return all(path.exists() and path.stat().st_mtime < age for path in paths)

    # -- pieces ---------------------------------------------------------------

    def call(self, command):
        return subprocess.run(["nice", "-n", "5", *map(str, command)], cwd=self.root,
                              capture_output=True, text=True, errors="replace", check=False)

    def object(self, source, where):
        return self.work / where / (source.replace("/", "_") + ".o")

    def compile(self, source, where="base"):
        """What the compiler says; nothing when it is content."""
        overlay, made = self.work / where / "overlay", self.object(source, where)
        if where != "base" or not self.fresh(made):
            mutated = overlay / source
            first = "laws.hpp" if source.startswith(LAWS) else "policies.hpp"
            include = [] if source == MAIN else ["-include", self.work / first]
            got = self.call([*self.cxx, f"-I{overlay}", f"-I{self.root}", *include, "-MD", "-c",
                             mutated if mutated.exists() else source, "-o", made])
            if got.returncode:
                return got.stderr or "failed"
        if where == "base":
            self.needs[source] = self.needed(made)
        return ""

    def newest(self, source, where):
        mine = self.object(source, where)
        return mine if mine.exists() else self.object(source, "base")

    def link_policies(self, where):
        objects = [self.newest(source, where) for source in self.policies + BESIDE]
        made = self.call([self.cxx[0], "-shared", "-o", self.work / where / "libpolicies.so",
                          *objects])
        if made.returncode:
            raise Broken(made.stderr)

    def binary(self, law, where):
        return self.work / where / pathlib.Path(law).stem

    def link_law(self, law, where):
        made = self.call([self.cxx[0], "-o", self.binary(law, where), self.newest(law, where),
                          self.object(MAIN, "base"),
                          f"-L{self.work / 'base'}", "-lpolicies", "-lrapidcheck", "-lpthread", *self.catch,
                          "-Wl,--unresolved-symbols=ignore-in-shared-libs"])
        if made.returncode:
            raise Broken(made.stderr)

    def run(self, law, where, params, seconds):
        """passed, failed or timed out; what was said; seconds by the clock."""
        mine = self.binary(law, where)
        binary = mine if mine.exists() else self.binary(law, "base")
        libraries = [str(self.work / one) for one in (where, "base")
                     if (self.work / one / "libpolicies.so").exists()]

        def bounds():
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        began = time.monotonic()
        try:
            got = subprocess.run(["nice", "-n", "5", binary, "--abort"], cwd=self.root,
                                 capture_output=True, text=True, errors="replace", check=False,
                                 timeout=20 * seconds, preexec_fn=bounds,
                                 env={**os.environ, "RC_PARAMS": params,
                                      "LD_LIBRARY_PATH": ":".join(libraries)})
        except subprocess.TimeoutExpired:
            return "timed out", "", 20 * seconds
        used = time.monotonic() - began
        if got.returncode == 0:
            return "passed", "", used
        ended = -got.returncode in (9, 24) # SIGKILL, SIGXCPU
        return ("timed out" if ended else "failed"), got.stdout[-20000:], used

    # -- one mutant -----------------------------------------------------------

    def judge(self, file, text, where):
        """How the laws answer to `file` being `text`: (verdict, by whom)."""
        place = self.work / where
        shutil.rmtree(place, ignore_errors=True)
        overlay = place / "overlay" / file
        overlay.parent.mkdir(parents=True)
        overlay.write_text(text)
        for source in self.policies:
            if file in self.needs[source] and self.compile(source, where):
                return "invalid", ""
        self.link_policies(where)
        for params in (SMALL, FULL):
            for law in self.concerned(file):
                if file in self.needs[law] and not self.binary(law, where).exists():
                    if self.compile(law, where):
                        return "invalid", ""
                    self.link_law(law, where)
                status, said, _ = self.run(law, where, params, 5 + 5 * self.seconds[law])
                if status != "passed":
                    return "killed", f"{law}: {self.first_failure(status, said)}"
        return "survived", ""

    def concerned(self, file):
        """The laws that see that file or its header, its own first."""
        header = re.sub(r"\.cpp$", ".hpp", file)
        stem = pathlib.Path(file).stem
        return sorted((law for law in self.laws if header in self.needs[law]),
                      key=lambda law: (not pathlib.Path(law).stem.startswith(stem), law))

    @staticmethod
    def first_failure(status, said):
        if status == "timed out":
            return status
        names = re.findall(r"^-{70,}\n(.+?)\n-{70,}$", said, re.M | re.S)
        return re.sub(r"\s+", " ", names[-1]) if names else "crashed"
