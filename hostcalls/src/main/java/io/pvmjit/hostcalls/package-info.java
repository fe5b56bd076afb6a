/**
 * Host calls in Java (Gray Paper A.6 to A.8, appendix B): handlers, the table that gives them their numbers, the loop
 * that runs a machine and serves its calls, and the invocation of a program with arguments.
 */
package io.pvmjit.hostcalls;
