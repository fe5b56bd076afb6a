/** Program blobs (Gray Paper A.2 to A.5): what is valid, the instruction set, instructions and their operands. */
package io.pvmjit.program;
