package io.pvmjit.rules;

/**
 * The host calls that are served (Gray Paper B.6 to B.9). A revision gives each a number, or none. Where revisions give one
 * name to two different functions both stand here.
 */
public enum HostFunction {
    /** Answers the gas that is left. */
    GAS("gas"),
    /** Makes pages behind the heap writable. */
    GROW_HEAP("grow_heap"),
    /** Copies a piece of an item of the work package. */
    FETCH("fetch"),
    /** Copies a piece of a preimage. */
    HISTORICAL_LOOKUP("historical_lookup"),
    /** Adds a segment to the exports. */
    EXPORT("export"),
    /** Makes a module of code in RAM or in a preimage (#530). */
    COMPILE("compile"),
    /** Makes a machine from a module's handle (#530). */
    MACHINE("machine"),
    /** Makes a machine from code in RAM, as before #530. */
    MACHINE_FROM_CODE("machine"),
    /** Copies from the RAM of an inner machine. */
    PEEK("peek"),
    /** Copies to the RAM of an inner machine. */
    POKE("poke"),
    /** Sets the access of pages of an inner machine. */
    PAGES("pages"),
    /** Runs an inner machine. */
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
