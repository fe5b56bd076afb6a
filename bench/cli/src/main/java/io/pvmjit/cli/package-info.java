/** The command line: {@code scripts/pvm --help}. One class per command. */
package io.pvmjit.cli;
