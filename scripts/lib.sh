# What the scripts beside this file share; they source it. Finds a JDK of version 25 or newer and the other build tools,
# installs what is missing where it can (Debian, as root), and says what to do where it cannot (exit code 2).
# shellcheck shell=sh

root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
# In a locale of fewer characters Java does not find files whose names have others.
case $(locale charmap 2> /dev/null || true) in
    UTF-8) ;;
    *) LC_ALL=C.UTF-8 && export LC_ALL ;;
esac

jar=$root/bench/target/pvm.jar
# What the JVM remembers of the command line's start (its AOT cache); three quarters of that time are saved by it.
aot_cache=$root/bench/target/pvm.aot
# shellcheck disable=SC2034
bench_jar=$root/bench/target/bench.jar

# What every JVM that runs our code is started with; whoever chooses another collector has it.
case "${PVM_JAVA_OPTIONS:-} ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-} ${_JAVA_OPTIONS:-}" in
    *-XX:+Use*GC*) collector= ;;
    *) collector=-XX:+UseSerialGC ;;
esac
# shellcheck disable=SC2034
java_flags="--enable-native-access=ALL-UNNAMED $collector ${PVM_JAVA_OPTIONS:-}"

# The folders that may hold a JDK, in the order of preference.
jdk_candidates() {
    for folder in "${JAVA_HOME:-}" "${JDK25_HOME:-}" /usr/lib/jvm/* "${HOME:-/root}"/.sdkman/candidates/java/* \
        "${HOME:-/root}"/.jdks/* /opt/* /opt/*/*; do
        if [ -x "$folder/bin/javac" ] && [ -f "$folder/release" ]; then
            echo "$folder"
        fi
    done
}

# Sets JAVA_HOME to the first JDK that is new enough; 1 when there is none.
find_jdk() {
    for folder in $(jdk_candidates); do
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$folder/release")
        if [ "${version:-0}" -ge 25 ]; then
            JAVA_HOME=$folder
            export JAVA_HOME
            return 0
        fi
    done
    return 1
}

can_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null
}

# install PACKAGE...: from the distribution's archive; its output only when that fails.
install() {
    echo "installing $* ..." >&2
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
        > "$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

need_jdk() {
    find_jdk && return
    if can_install; then
        apt-get update > /dev/null 2>&1 || true
        for package in temurin-25-jdk openjdk-25-jdk-headless; do
            if apt-cache show "$package" > /dev/null 2>&1 && install "$package" && find_jdk; then
                return
            fi
        done
    fi
    found=$(jdk_candidates | tr '\n' ' ')
    cat >&2 <<TEXT
missing: a JDK of version 25 or newer.
  Get one from https://adoptium.net/temurin/releases/?version=25 (or your distribution: openjdk-25-jdk-headless),
  unpack it below /opt or /usr/lib/jvm, or set JAVA_HOME to it.
  Found, but older: ${found:-none}
TEXT
    exit 2
}

# The Debian packages whose tools are not here.
missing_packages() {
    if ! command -v mvn > /dev/null; then
        # What mvnw needs to fetch Maven.
        command -v curl > /dev/null || command -v wget > /dev/null || echo curl ca-certificates
        command -v unzip > /dev/null || echo unzip
    fi
    command -v make > /dev/null || echo make
    if ! command -v cc > /dev/null; then
        echo gcc
        echo libc6-dev
    elif ! echo '#include <stdint.h>' | cc -E - > /dev/null 2>&1; then
        echo libc6-dev
    fi
}

# need_packages FUNCTION: installs the packages that the function lists, where it can. 1, and says so, when some are
# missing all the same.
need_packages() {
    # shellcheck disable=SC2046
    set -- "$1" $("$1")
    if [ $# -gt 1 ] && can_install; then
        function=$1
        shift
        install "$@" || true
        # shellcheck disable=SC2046
        set -- "$function" $("$function")
    fi
    shift
    [ $# -eq 0 ] && return
    echo "missing: $*" >&2
    echo "  On Debian and Ubuntu: sudo apt-get install $*" >&2
    return 1
}

need_build_tools() {
    need_jdk
    if ! need_packages missing_packages; then
        echo "  Elsewhere: GNU make, and a C compiler with the headers of the C library." >&2
        exit 2
    fi
}

missing_guest_packages() {
    command -v "${PVM_RISCV_PREFIX:-riscv64-unknown-elf-}gcc" > /dev/null || echo gcc-riscv64-unknown-elf
}

# What compiles guests; 1, and says so, when it is missing and cannot be installed.
need_guest_tools() {
    need_packages missing_guest_packages
}

missing_llvm_packages() {
    command -v clang-22 > /dev/null || echo clang-22
    command -v ld.lld-22 > /dev/null || echo lld-22
}

# The other compiler of guests, which not every archive has; 1, and says so, when it is missing and cannot be installed.
need_llvm_tools() {
    need_packages missing_llvm_packages
}

missing_csmith_packages() {
    command -v csmith > /dev/null || echo csmith
    [ -f /usr/include/csmith/csmith.h ] || echo libcsmith-dev
}

# What makes random C programs; 1, and says so, when it is missing and cannot be installed.
need_csmith() {
    need_packages missing_csmith_packages
}

# The programs that GCC tests itself with, from Debian's package of its sources; 1, and says so, when they cannot be had.
need_torture_programs() {
    torture_programs=$root/bench/target/torture
    [ ! -d "$torture_programs" ] || return 0
    part=$(mktemp -d)
    if (
        cd "$part" && apt-get download gcc-12-source > /dev/null && dpkg-deb -x gcc-12-source_*.deb . &&
            tar -xJf usr/src/gcc-12/gcc-12*.tar.xz --wildcards '*/gcc.c-torture/execute/*.c'
    ); then
        mkdir -p "${torture_programs%/*}"
        mv "$part"/gcc-12*/gcc/testsuite/gcc.c-torture/execute "$torture_programs"
    else
        echo "missing: the Debian package gcc-12-source, which 'apt-get download' did not get" >&2
    fi
    rm -rf "$part"
    [ -d "$torture_programs" ]
}

missing_peer_packages() {
    command -v clang > /dev/null || echo clang
    command -v wasm-ld > /dev/null || echo lld
    command -v node > /dev/null || echo nodejs
    command -v npm > /dev/null || echo npm
    command -v chromium > /dev/null || echo chromium
}

# What the benchmarks compare with, and what looks at their reports; 1, and says so, when something is missing and cannot
# be installed.
need_peer_tools() {
    need_packages missing_peer_packages
}

missing_opinion_packages() {
    command -v qemu-riscv64 > /dev/null || echo qemu-user
}

# Another machine that runs what guests are translated from; 1, and says so, when it is missing and cannot be installed.
need_opinion_tools() {
    need_packages missing_opinion_packages
}

# clang comes without libFuzzer, of which there is one for each version.
missing_fuzz_packages() {
    if command -v clang > /dev/null; then
        version=$(clang -dumpversion | cut -d. -f1)
    else
        echo clang
        version=$(apt-cache depends clang 2> /dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
    fi
    [ -f "$(clang -print-file-name=libclang_rt.fuzzer-x86_64.a 2> /dev/null)" ] || echo "libclang-rt-${version:-14}-dev"
}

# What fuzzes the C library; 1, and says so, when it is missing and cannot be installed.
need_fuzz_tools() {
    need_packages missing_fuzz_packages
}

missing_check_packages() {
    command -v shellcheck > /dev/null || echo shellcheck
}

# Looks for mistakes in the scripts themselves, where the tool for it is or can be installed; 1 when there are some.
check_scripts() {
    need_packages missing_check_packages || return 0
    shellcheck -x -P "$root" "$root"/scripts/* "$root/.ci/run"
}

# Maven, or what fetches it.
maven() {
    mvn=$(command -v mvn || echo "$root/mvnw")
    # The first two keep Maven's own libraries from filling the output with warnings of the JVM.
    MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" \
        "$mvn" --batch-mode --no-transfer-progress -Dstyle.color=never -f "$root/pom.xml" "$@"
}

# Whether something that goes into the jars is newer than them; folders count, for what was deleted from them.
jars_are_stale() {
    [ ! -f "$jar" ] || [ ! -f "$bench_jar" ] || [ -n "$(find "$root/pom.xml" "$root"/*/pom.xml "$root"/bench/*/pom.xml \
        "$root"/jit-native/Makefile "$root"/jit-native/include "$root"/*/src "$root"/bench/*/src "$root"/bench/logging \
        "$root"/bench/toolchain/guest "$root"/bench/workloads \
        -path '*/src/test' -prune -o -newer "$jar" -print -quit)" ]
}

# Builds the jars below bench/target when they are missing or stale; silent unless that fails. One build at a time.
need_jars() {
    need_jdk
    jars_are_stale || return 0
    need_build_tools
    mkdir -p "${jar%/*}"
    (
        flock 9
        jars_are_stale || exit 0
        echo "building $jar and ${bench_jar##*/} ..." >&2
        begin=$(mktemp)
        log=$(mktemp)
        trap 'rm -f "$begin" "$log"' EXIT
        if ! maven -q -DskipTests -Dmaven.test.skip=true package > "$log" 2>&1; then
            cat "$log" >&2
            echo "the build failed" >&2
            exit 2
        fi
        # As old as the build's begin, so that what was changed during it counts as newer.
        touch -r "$begin" "$jar" "$bench_jar"
    ) 9> "${jar%/*}/.lock" || exit 2
}

# Watches the command line run a program once, when the jar is newer than what is remembered of that. The JVM compares the
# cache with the jar, its own version and its flags; where they differ it starts without. So it does where no cache can be
# made, which is no failure: then the file is empty.
need_aot_cache() {
    if [ ! -w "${jar%/*}" ] || [ -n "$(find "$aot_cache" -newer "$jar" 2> /dev/null)" ]; then
        return
    fi
    part=$aot_cache.$$
    # shellcheck disable=SC2086
    "$JAVA_HOME/bin/java" $java_flags -XX:AOTCacheOutput="$part" -jar "$jar" run "$root/bench/programs/sum.pvmasm" \
        --args 0a00000000000000 > /dev/null 2>&1 || true
    [ -f "$part" ] || : > "$part"
    mv -f "$part" "$aot_cache"
}

# java_of_tests SOURCES CLASS ARGUMENT...: runs a main class of tests, from a folder of sources, with the library that the jar
# has. They are compiled into a folder of their own on the same class path: what a package has to itself is nothing for
# classes of another loader, such as the one of java FILE.java.
java_of_tests() {
    sources=$1
    main=$2
    shift 2
    compiled=$root/bench/target/tests/$main
    mkdir -p "$compiled"
    "$JAVA_HOME/bin/javac" -proc:none -nowarn -d "$compiled" -cp "$jar" -sourcepath "$sources" \
        "$sources/$(echo "$main" | tr . /).java" || exit 2
    # shellcheck disable=SC2086
    exec "$JAVA_HOME/bin/java" $java_flags -cp "$compiled:$jar" "$main" "$@"
}
