package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A program was compiled, or found in the module cache. Off unless a recording asks for it. */
@Name("io.pvmjit.Compile")
@Label("Compilation")
@Description("A program was compiled, or found in the module cache.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class CompileEvent extends Event {
    @Label("Program")
    @DataAmount
    long octets;

    @Label("Machine code")
    @Description("Variants that are made later are not in it")
    @DataAmount
    long machineCode;

    @Label("Found in the cache")
    boolean cached;
}
