package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The first instance of a module has used up its memory maps. Off unless a recording asks for it. */
@Name("io.pvmjit.Checked")
@Label("Maps used up")
@Description("The first instance of a module has used up its memory maps: it checks pages in software from here on.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class CheckedEvent extends Event {
    @Label("Code of its program")
    @DataAmount
    long codeLength;
}
