/**
 * Compiles PVM programs and runs them. Run the JVM with {@code --enable-native-access=io.pvmjit}.
 *
 * <p>What is not exported changes without notice.
 */
@SuppressWarnings("module") // The other library of this project need not be there.
module io.pvmjit {
    requires io.pvmjit.library;
    requires jdk.jfr;
    requires org.bouncycastle.provider;
    requires org.slf4j;

    uses org.slf4j.spi.SLF4JServiceProvider;

    exports io.pvmjit;
    exports io.pvmjit.asm;
    exports io.pvmjit.debug;
    exports io.pvmjit.program;
    exports io.pvmjit.rules;
    exports io.pvmjit.internal.lifetime to
            io.pvmjit.hostcalls;
    exports io.pvmjit.internal.report to
            io.pvmjit.hostcalls;
    exports io.pvmjit.internal.system to
            io.pvmjit.hostcalls;
}
