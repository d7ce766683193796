# Someone else's recording, from its file to its page. pynwb writes a valid
# NWB 2 file of spikes of units that follow the state of a model which counts
# (tests/example/record_nwb.py), and the inspector of that format must have
# nothing to say against it; from there on it is a recording like any other,
# and another model is aligned with it. How well is known nowhere: the model
# behind the recording takes no part.

EXAMPLE_MODEL     := $(call member,$(GRU_MULTI_OBJECT),1)
EXAMPLE_BEHIND    := $(call member,$(GRU_MULTI_OBJECT),2)
EXAMPLE_RECORDING := recording
recording.$(EXAMPLE_RECORDING) := yes
EXAMPLE_VARIABLES := full count
EXAMPLE_NWB       := $(D)/example-recording/recording.nwb

$(EXAMPLE_NWB): $(call need-act,$(EXAMPLE_BEHIND),align) tests/example/record_nwb.py | $(VENV)/ready
	$(call say,NWB,$(@F))
	$(Q)mkdir -p $(@D)
	$(Q)$(VENV)/bin/python tests/example/record_nwb.py $< $(@:nwb=part.nwb) && mv -f $(@:nwb=part.nwb) $@

# The verdict, kept beside the file. The inspector ends well whatever it finds.
$(EXAMPLE_NWB).inspected: $(EXAMPLE_NWB)
	$(call say,NWB,$(@F))
	$(Q)$(VENV)/bin/nwbinspector --progress-bar False --overwrite --report-file-path $@ $< >/dev/null
	$(Q)sed -n 's|^Found \(.*\) over.*|$(<F): nwbinspector found \1|p' $@
	$(Q)grep -q '^Found 0 issues' $@

# Bins of one step of what was shown. Square roots even out the variance of
# counts; z-scores because a rotation can neither shift units nor scale one
# against another. Not smoothed: a bin would know of the next ones, and what is
# counted changes from bin to bin.
EXAMPLE_IMPORT := --bin 0.1 --units 'quality==good' --sqrt --zscore \
    --variable count=tokens:count --variable phase=tokens:phase --split trials:split \
    --name $(EXAMPLE_RECORDING) $(if $(filter smoke,$(PROFILE)),--max-missing 0.4)
define example-import
$(call act,$(EXAMPLE_RECORDING),align): $(EXAMPLE_NWB) $(EXAMPLE_NWB).inspected \
        $(call stamp,example-import,$(EXAMPLE_IMPORT)) $(call program,import-recording)
	$$(call stage,import-recording) --file $$< $(EXAMPLE_IMPORT) -o $$@
endef
$(call once,$(call act,$(EXAMPLE_RECORDING),align),example-import)

# example-of,PRESETS,DRAWN
example-of = $(foreach v,$(EXAMPLE_VARIABLES),$(foreach m,$1,$(call by,$m,$(EXAMPLE_MODEL) $(EXAMPLE_RECORDING),$v $v,$2)))
example-into = $(foreach v,$(EXAMPLE_VARIABLES),$(foreach s,$(EXAMPLE_MODEL) $(EXAMPLE_RECORDING),$(call need-int,$(EXAMPLE_RECORDING),$s,$v,$v)))

$(call figure,example-recording,$(call example-of,cmas unimas),$(call example-of,cmas unimas,.shuffled),\
    $(foreach v,$(EXAMPLE_VARIABLES),$(call by,das,$(EXAMPLE_MODEL),$v)),,,\
    $(call act,$(EXAMPLE_RECORDING),align),$(example-into))
example-recording:  ## a recording in NWB, imported, aligned, told on a page
