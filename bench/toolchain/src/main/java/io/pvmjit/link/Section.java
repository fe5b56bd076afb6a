package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import net.fornwall.jelf.ElfSection;
import net.fornwall.jelf.ElfSectionHeader;

/** A section of an ELF file that is loaded: what is in it, and what has been found out of it. */
final class Section {
    final int index;
    final String name;
    /** Has instructions: octets of its own, and not zeros. */
    final boolean executable;
    final boolean writable;
    /** Contents; null of a section of zeros. */
    final byte[] contents;
    final long size;
    final long alignment;
    /** In the order of their offsets. */
    final List<Relocation> relocations = new ArrayList<>();
    /** What has been deleted from the contents. */
    final Padding padding;
    /** Data that stand between the instructions. */
    TextData data = TextData.NONE;

    Section(int index, ElfSection section, List<Padding.Alignment> alignments) {
        var header = section.header;
        this.index = index;
        this.name = header.getName();
        boolean zeros = header.sh_type == ElfSectionHeader.SHT_NOBITS;
        this.executable = (header.sh_flags & ElfSectionHeader.FLAG_EXEC_INSTR) != 0 && !zeros;
        this.writable = (header.sh_flags & ElfSectionHeader.FLAG_WRITE) != 0;
        this.padding = Padding.of(alignments, header.sh_size);
        this.contents = zeros ? null : padding.delete(section.getData(), alignments);
        this.size = padding.kept(header.sh_size);
        this.alignment = Math.max(1, header.sh_addralign);
    }

    /** Data that were found in an executable section. */
    Section(Section text, long begin, long end) {
        this.index = -1;
        this.name = text.name;
        this.executable = false;
        this.writable = text.writable;
        this.padding = Padding.NONE;
        this.contents = Arrays.copyOfRange(text.contents, (int) begin, (int) end);
        this.size = end - begin;
        this.alignment = text.alignment;
    }

    void sortRelocations() {
        relocations.sort(Comparator.comparingLong(Relocation::offset));
    }

    /** Whether a relocation changes one of these octets. */
    boolean hasRelocation(long offset, int length) {
        int low = 0;
        int high = relocations.size();
        // The first that can reach to the offset: no field has more than 8 octets.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (relocations.get(middle).offset() <= offset - Long.BYTES) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (; low < relocations.size() && relocations.get(low).offset() < offset + length; low++) {
            var relocation = relocations.get(low);
            if (relocation.type() == null || relocation.offset() + relocation.type().width() > offset) {
                return true;
            }
        }
        return false;
    }

    Section(String name, long size, long alignment) {
        this.padding = Padding.NONE;
        this.index = -1;
        this.name = name;
        this.executable = false;
        this.writable = true;
        this.contents = null;
        this.size = size;
        this.alignment = alignment;
    }
}
