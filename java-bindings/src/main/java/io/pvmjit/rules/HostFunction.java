package io.pvmjit.rules;

/**
 * The host calls that are served (Gray Paper B.6 to B.9). A revision gives each a number, or none. Where revisions give one
 * name to two different functions both stand here.
 */
public enum HostFunction {
    GAS("gas"),
    GROW_HEAP("grow_heap"),
    FETCH("fetch"),
    HISTORICAL_LOOKUP("historical_lookup"),
    EXPORT("export"),
    /** Makes a module of code in RAM or in a preimage (#530). */
    COMPILE("compile"),
    /** Makes a machine from a module's handle (#530). */
    MACHINE("machine"),
    /** Makes a machine from code in RAM, as before #530. */
    MACHINE_FROM_CODE("machine"),
    PEEK("peek"),
    POKE("poke"),
    PAGES("pages"),
    INVOKE("invoke"),
    /** Ends a machine or gives up a module's handle, by a mode (#530). */
    EXPUNGE("expunge"),
    /** Ends a machine, as before #530. */
    EXPUNGE_MACHINE("expunge");

    private final String label;

    HostFunction(String label) {
        this.label = label;
    }

    /** The name in the Gray Paper. */
    public String label() {
        return label;
    }
}
