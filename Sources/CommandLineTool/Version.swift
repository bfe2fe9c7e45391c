/// Version of the tool, as in CHANGELOG.md.
package let plannerVersion = "0.1.0"
