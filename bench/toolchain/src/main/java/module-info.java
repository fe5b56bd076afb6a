/** Makes JAM blobs of C and of RISC-V objects. */
module io.pvmjit.link {
    requires transitive io.pvmjit;
    requires net.fornwall.jelf;

    exports io.pvmjit.link;
}
