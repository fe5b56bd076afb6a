package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A program found no room for machine code and runs on the interpreter. Off unless a recording asks for it. */
@Name("io.pvmjit.FallBack")
@Label("Fall-back")
@Description("A program found no room for machine code and runs on the interpreter.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class FallBackEvent extends Event {
    @Label("Program")
    @DataAmount
    long octets;
}
