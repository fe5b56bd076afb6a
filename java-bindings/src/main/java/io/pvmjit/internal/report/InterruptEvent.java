package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A thread interrupted an instance, an invocation, or all of an engine. Off unless a recording asks for it. */
@Name("io.pvmjit.Interrupt")
@Label("Interrupt")
@Description("A thread interrupted an instance, an invocation, or all of an engine.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class InterruptEvent extends Event {
    @Label("What was interrupted")
    String what;
}
