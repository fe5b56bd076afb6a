package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** An instance has used up its memory maps and checks pages in software from here on. Off unless a recording asks for it. */
@Name("io.pvmjit.Checked")
@Label("Checked instance")
@Description("An instance has used up its memory maps and checks pages in software from here on.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class CheckedEvent extends Event {
    @Label("Code of its program")
    @DataAmount
    long codeLength;
}
