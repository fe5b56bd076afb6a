package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** Page faults of an invocation that had some. Off unless a recording asks for it. */
@Name("io.pvmjit.PageFaults")
@Label("Page faults")
@Description("An invocation stopped that had page faults: its own, or of inner machines.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
@Threshold("10 ms")
public final class PageFaultsEvent extends Event {
    @Label("Page faults")
    long count;
}
