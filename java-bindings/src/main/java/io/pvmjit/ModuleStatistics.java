package io.pvmjit;

/**
 * What a module is made of.
 *
 * @param codeLength octets of guest code
 * @param jumpTableLength entries of the jump table
 * @param instructionCount guest instructions
 * @param blockCount basic blocks
 * @param nativeBytes octets of machine code so far: of what runs have got to, and of the beginning; 0 on the interpreter
 * @param tableBytes memory beside the machine code, an estimate on the interpreter
 */
public record ModuleStatistics(
        long codeLength,
        long jumpTableLength,
        long instructionCount,
        long blockCount,
        long nativeBytes,
        long tableBytes) {}
