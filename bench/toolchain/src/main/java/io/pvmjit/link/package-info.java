/**
 * Turns programs compiled for RISC-V into JAM blobs: an ELF file with its relocations goes in, a standard program comes
 * out. {@link io.pvmjit.link.GuestToolchain} compiles C for it, {@link io.pvmjit.link.Linker} does the rest.
 */
package io.pvmjit.link;
