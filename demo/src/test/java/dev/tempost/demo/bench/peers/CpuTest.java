package dev.tempost.demo.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuTest {

    private static final String STAT = "4711 (some (odd) name) S 1 2 3 4 5 6 7 8 9 10 250 50 30 20 20 0 1 0";

    @Test
    void aNameMayHoldSpacesAndParentheses() {
        assertThat(Cpu.ticks(STAT, false)).isEqualTo(300);
    }

    @Test
    void childrenThatEndedCountWhereTheyDoTheWork() {
        assertThat(Cpu.ticks(STAT, true)).isEqualTo(350);
    }
}
