{{- /* Every object is called <release>-<chart>, also when the release already is called like the chart. */ -}}
{{- define "fullname" -}}
{{ printf "%s-%s" .Release.Name (.Values.nameOverride | default .Chart.Name) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "selector" -}}
app: {{ include "fullname" . }}
component: ververica-platform
release: {{ .Release.Name | quote }}
system: ververica-platform
{{- end }}

{{- define "labels" -}}
{{ include "selector" . }}
chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
heritage: {{ .Release.Service | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "licensed" -}}
{{- if or .Values.licenseConfigPath (.Values.vvp.license | default dict).data }}yes{{ end }}
{{- end }}

{{- /* What `vvp.persistence.type` comes to: without a licence it is always local. */ -}}
{{- define "persistence" -}}
{{- if include "licensed" . -}}
{{- $type := .Values.vvp.persistence.type -}}
{{- if not (has $type (list "jdbc" "local")) }}{{ fail (printf "vvp.persistence.type must be 'jdbc' or 'local', not '%s'" $type) }}{{ end -}}
{{ $type }}
{{- else -}}
local
{{- end -}}
{{- end }}

{{- define "claimed" -}}
{{- if or .Values.persistentVolume.enabled (eq (include "persistence" .) "local") }}yes{{ end }}
{{- end }}

{{- /* The Spring configuration: `vvp` without what must not be read from a ConfigMap, the datasource where Spring looks. */ -}}
{{- define "config" -}}
{{- $accepted := or .Values.acceptCommunityEditionLicense (.Values.vvp.license | default dict).acceptCommunityEditionLicense -}}
{{- if not (or (include "licensed" .) $accepted) -}}
{{- fail "this platform has no license: give one by vvp.license.data or licenseConfigPath, or accept the Community Edition's agreement by acceptCommunityEditionLicense=true" -}}
{{- end -}}
{{- $type := include "persistence" . -}}
{{- $source := deepCopy (.Values.vvp.persistence.datasource | default dict) -}}
{{- if and (eq $type "local") $source.url -}}
{{- fail (printf "vvp.persistence.datasource.url belongs to 'jdbc' persistence, which %s; here it is 'local'" (ternary "is what vvp.persistence.type must say" "the Community Edition does not have" (eq "yes" (include "licensed" .)))) -}}
{{- end -}}
{{- if and (eq $type "jdbc") (not $source.url) -}}
{{- fail "'jdbc' persistence needs vvp.persistence.datasource.url" -}}
{{- end -}}
{{- if eq $type "local" -}}
{{- $source = mergeOverwrite $source (dict "url" "jdbc:sqlite:/vvp/data/vvp.db?journal_mode=WAL&synchronous=FULL&busy_timeout=10000" "hikari" (dict "maximum-pool-size" 1)) -}}
{{- end -}}
{{- $vvp := deepCopy .Values.vvp -}}
{{- if $accepted }}{{ $vvp = mergeOverwrite $vvp (dict "license" (dict "acceptCommunityEditionLicense" true)) }}{{ end -}}
{{- $_ := set $vvp "auth" (omit $vvp.auth "bootstrapToken") -}}
{{- $_ := set $vvp "persistence" (dict "type" $type) -}}
{{- $_ := set $vvp "platformKubernetesNamespace" .Release.Namespace -}}
{{- range $key := list "flinkDeploymentDefaults" "resultFetcher" -}}
{{- $_ := set $vvp $key (merge (index $vvp $key | default dict) (dict "registry" $vvp.registry)) -}}
{{- end -}}
{{- $config := mergeOverwrite (dict "vvp" $vvp) (deepCopy .Values.topLevelConfig) (dict "spring" (dict "datasource" $source)) -}}
{{- toYaml $config -}}
{{- end }}

{{- define "bootstrapToken" -}}
{{- (.Values.vvp.auth.bootstrapToken | default dict).token | default "" -}}
{{- end }}

{{- define "locations" -}}
file:/vvp/etc/{{ with .Values.licenseConfigPath }},{{ . }}{{ end }}
{{- end }}

{{- define "image" -}}
{{ .settings.image.repository | default (printf "%s/vvp-%s" .root.Values.vvp.registry .name) }}:{{ .settings.image.tag }}
{{- end }}
