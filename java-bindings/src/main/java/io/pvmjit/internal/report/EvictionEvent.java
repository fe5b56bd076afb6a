package io.pvmjit.internal.report;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The module cache dropped a module that nobody held. Off unless a recording asks for it. */
@Name("io.pvmjit.Eviction")
@Label("Eviction")
@Description("The module cache dropped a module that nobody held.")
@Category("PVM")
@Enabled(false)
@StackTrace(false)
public final class EvictionEvent extends Event {
    @Label("Module")
    @DataAmount
    long octets;
}
