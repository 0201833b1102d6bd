<?xml version="1.0" encoding="utf-8"?>
<!-- Puts in place of each inheritdoc of a documentation file what it refers to: a member of the same file, or of the core's. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="utf-8" />
  <xsl:param name="core" />
  <xsl:variable name="members" select="/doc/members/member | document($core)/doc/members/member" />

  <xsl:template match="@* | node()">
    <xsl:copy>
      <xsl:apply-templates select="@* | node()" />
    </xsl:copy>
  </xsl:template>

  <xsl:template match="member/inheritdoc[@cref]">
    <xsl:variable name="source" select="$members[@name = current()/@cref]" />
    <xsl:if test="not($source)">
      <xsl:message terminate="yes">No documentation of <xsl:value-of select="@cref" />, which <xsl:value-of select="../@name" /> inherits.</xsl:message>
    </xsl:if>
    <xsl:apply-templates select="$source/node()" />
  </xsl:template>
</xsl:stylesheet>
