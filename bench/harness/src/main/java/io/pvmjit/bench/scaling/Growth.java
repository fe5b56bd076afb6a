package io.pvmjit.bench.scaling;

/**
 * What this process held before and after so many inner machines were made and dropped.
 *
 * @param what happened to each machine
 * @param machines in all
 * @param residentKibibytes by how much resident memory grew
 * @param maps by how many memory maps there were more
 * @param descriptors by how many open files there were more
 * @param nanoseconds for each machine
 */
public record Growth(
        String what, int machines, long residentKibibytes, long maps, long descriptors, double nanoseconds) {}
