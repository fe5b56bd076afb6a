package io.pvmjit.link;

import java.util.SortedMap;

/**
 * A linked program.
 *
 * @param jamBlob the standard program, as the Gray Paper has it (A.7)
 * @param programBlob the code alone, with its jump table: what inner machines are made of
 * @param functions instruction counter of each function that is in the program
 */
public record LinkedProgram(byte[] jamBlob, byte[] programBlob, SortedMap<String, Integer> functions) {}
