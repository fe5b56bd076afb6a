package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The first instance of a module checks pages in software. Off unless a recording asks for it. */
@Name("io.pvmjit.Checked")
@Label("Checks in software")
@Description("The first instance of a module that checks pages in software: its maps are used up, or it faults often.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class CheckedEvent extends Event {
    @Label("Code of its program")
    @DataAmount
    long codeLength;
}
