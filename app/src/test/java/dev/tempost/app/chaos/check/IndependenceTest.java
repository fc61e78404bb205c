package dev.tempost.app.chaos.check;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

class IndependenceTest {

    @Test
    void theCheckerUsesNoClassOfWhatItChecks() {
        noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.tempost..").and(resideOutsideOfPackage(Checker.class.getPackageName())))
                .because("who repeats the engine's reading of its own tables repeats its mistakes")
                .check(new ClassFileImporter().importPackages(Checker.class.getPackageName()));
    }
}
