package io.pvmjit;

/**
 * The C library that this process has loaded, which all its engines share.
 *
 * @param path where it was loaded from: a copy of the packaged one, deleted as soon as it was loaded, unless
 *     {@code -Dpvmjit.library} names another
 * @param abiVersion the version of its interface, which is that of these classes
 */
public record LoadedLibrary(String path, int abiVersion) {}
