package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A program was invoked with arguments and stopped. Off unless a recording asks for it. */
@Name("io.pvmjit.Run")
@Label("Invocation")
@Description("A program was invoked with arguments and stopped. Waiting for its turn is in it.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
@Threshold("10 ms")
public final class RunEvent extends Event {
    @Label("Gas at the start")
    long gas;

    @Label("Gas used")
    long gasUsed;

    @Label("How it stopped")
    String exit;
}
