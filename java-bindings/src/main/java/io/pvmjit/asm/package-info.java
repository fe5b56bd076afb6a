/** Assembler and disassembler of the text form of PVM programs, which {@code docs/assembly.md} describes. */
package io.pvmjit.asm;
