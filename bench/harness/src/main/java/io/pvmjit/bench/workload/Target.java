package io.pvmjit.bench.workload;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a workload is built for. */
public enum Target {
    /** A JAM blob. */
    @JsonProperty("pvm")
    PVM("program.jam"),
    /** A shared library of this machine. */
    @JsonProperty("native")
    NATIVE("native.so"),
    /** A WebAssembly module. */
    @JsonProperty("wasm")
    WASM("module.wasm");

    private final String fileName;

    Target(String fileName) {
        this.fileName = fileName;
    }

    /** The file that a build leaves in the workload's folder. */
    String fileName() {
        return fileName;
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
