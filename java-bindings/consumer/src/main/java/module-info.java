/** Uses pvm-jit from a repository. */
module consumer {
    requires io.pvmjit.hostcalls;
}
